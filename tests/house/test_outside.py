"""The words that other programs and scripts call us by: none of them goes or changes its name."""

import re
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib import import_module
from inspect import signature

import click
import pytest
import sqlalchemy as sa

from portal.config import Settings
from portal.core.database import db
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.staleness import Stale
from portal.customers.scopes import Scope
from seeds.commands import seed_commands

ROUTES = """
GET /api/admin/auth/csrf
POST /api/admin/auth/login
POST /api/admin/auth/login/2fa
POST /api/admin/auth/sudo
POST /api/admin/auth/logout
GET /api/admin/2fa/status
POST /api/admin/2fa/enable
POST /api/admin/2fa/verify
POST /api/admin/2fa/disable
POST /api/admin/2fa/verify-backup
GET /api/admin/2fa/backup-codes
POST /api/admin/2fa/backup-codes
GET /api/entitlements/me/features
POST /api/entitlements/me/check-access
POST /api/entitlements/me/consume
POST /api/entitlements/users/{}/check-access
POST /api/entitlements/users/{}/consume
GET /api/entitlements/features
POST /api/entitlements/features
GET /api/entitlements/plans
GET /api/entitlements/logs
POST /api/entitlements/users/{}/grant
POST /api/entitlements/tenants/{}/grant
GET /api/entitlements/users/{}/features
DELETE /api/entitlements/users/{}/features/{}
PUT /api/subscriptions/tenants/{}
GET /api/customers/tenants
PUT /api/customers/tenants/{}
GET /api/customers/tenants/{}
PUT /api/customers/tenants/{}/users/{}
GET /api/customers/tenants/{}/users/{}
POST /api/customers/users/{}/tokens
GET /api/support/tickets
POST /api/support/tickets
GET /api/support/tickets/{}
PATCH /api/support/tickets/{}
GET /api/support/tickets/{}/messages
POST /api/support/tickets/{}/messages
POST /api/support/tickets/{}/assign
GET /api/support/agents
GET /api/support/sla-rules
GET /api/audit/admin-actions
GET /api/audit/admin-actions/{}
GET /api/audit/auth-events
GET /api/audit/admin-logins
POST /api/audit/export
GET /api/coupons
POST /api/coupons
GET /api/coupons/{}
PATCH /api/coupons/{}
DELETE /api/coupons/{}
POST /api/coupons/validate
GET /api/coupons/usage/history
POST /api/coupons/redeem
GET /api/openapi.json
GET /healthz
GET /readyz
GET /metrics
GET /sign-in
GET /sign-in/second-factor
GET /sign-in/backup-code
POST /sign-out
GET /account/security
GET /account/two-factor/enrol
GET /account/sessions
GET /staff
GET /staff/{}
GET /staff/invite
GET /customers
GET /customers/tenants/{}
GET /customers/users/{}
GET /catalog/features
GET /catalog/plans
GET /catalog/matrix
GET /entitlements/users/{}/grant
GET /entitlements/tenants/{}/grant
GET /entitlements/users/{}/why/{}
GET /support/queue/{}
GET /support/tickets/{}
GET /support/tickets/new
GET /support/reports
GET /audit
GET /audit/events/{}
GET /coupons
GET /tokens
GET /operations/jobs
GET /operations/mail
"""
COMMANDS = {
    "db upgrade": (),
    "seed catalog": (),
    "seed demo": ("--tenants", "--users", "--tickets", "--audit-events", "--seed"),
    "staff add": ("email", "--name", "--role", "--password-stdin"),
    "staff reset-2fa": ("email", "--reason"),
    "customers import": ("file", "--dry-run"),
    "tokens issue service": ("--name", "--scope"),
    "tokens issue user": ("--user", "--days"),
    "worker": ("--once",),
    "keys rotate-data": (),
    "audit init": (),
    "audit verify": ("--since", "--pubkey", "--anchor", "--json", "--max-errors"),
    "audit export": ("file",),
    "audit archive": ("--before",),
    "backup": ("file",),
}
FUNCTIONS = {
    "portal.core.periods": {
        "nth_boundary": "anchor interval n zone",
        "period_at": "anchor interval at zone",
    },
    "portal.core.money": {
        "round_ratio": "numerator denominator",
        "percent_of": "cents basis_points",
        "allocate": "total weights",
    },
    "portal.coupons.discounts": {"apply": "base_cents discounts"},
    "portal.audit.merkle": {
        "leaf_hash": "data",
        "root": "leaf_hashes",
        "inclusion_proof": "index leaf_hashes",
        "verify_inclusion": "leaf_hash index size proof root",
        "consistency_proof": "old_size leaf_hashes",
        "verify_consistency": "old_size new_size old_root new_root proof",
    },
}
SETTINGS = """
env database_url migration_database_url secret_key secret_key_fallbacks data_keys token_pepper
audit_key_file metrics_token base_url mail_url brand timezone trusted_proxies trusted_hosts
instance_dir
"""
TABLES = """
admins admin_sessions two_factor_auth two_factor_backup_codes features user_entitlements
tenant_entitlements plan_templates entitlement_logs support_tickets support_messages
support_agents sla_rules coupons coupon_usages admin_audit_logs auth_audit_logs
admin_login_audit_logs email_logs tenants users
"""
SCOPES = """
customers:read customers:write entitlements:check entitlements:consume entitlements:write
subscriptions:write tickets:read tickets:write coupons:redeem audit:read
"""


def test_every_address_is_there(shared_app):
    there = {
        f"{method} {re.sub(r'<[^>]+>', '{}', rule.rule)}"
        for rule in shared_app.url_map.iter_rules()
        for method in rule.methods
    }
    assert set(ROUTES.split("\n")) - {""} - there == set()


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_takes_what_it_took(shared_app, words):
    found = click.Group(commands={**shared_app.cli.commands, "seed": seed_commands})
    for word in words.split():
        found = found.commands[word]
    named = {name for one in found.params for name in (one.name, *one.opts)}
    assert set(COMMANDS[words]) - named == set()


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, of in FUNCTIONS.items() for name in of]
)
def test_every_pure_function_takes_what_it_took(module, name):
    function = getattr(import_module(module), name)
    assert " ".join(signature(function).parameters) == FUNCTIONS[module][name]


def test_pure_pieces_answer_plain_values():
    of_discounts = import_module("portal.coupons.discounts")
    of_time = import_module("portal.support.business_time")
    discounts = [of_discounts.Discount.percent(1000), of_discounts.Discount.fixed(5000)]
    found = of_discounts.apply(1000, [*discounts, of_discounts.Discount.percent(1)])
    assert (tuple(found.amounts), found.remaining_cents) == ((100, 900, 0), 0)
    hours = of_time.BusinessCalendar("Europe/Berlin", {0: [(540, 1020)]}, {date(2026, 1, 5)}, {})
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    end = hours.add(start, 3600)
    assert (end, hours.elapsed(start, end)) == (datetime(2026, 1, 12, 9, tzinfo=UTC), 3600)


def test_every_setting_has_its_name():
    assert set(SETTINGS.split()) - {one.name for one in fields(Settings)} == set()


def test_every_table_or_view_can_be_read(app):
    found = sa.inspect(db.engine)
    assert set(TABLES.split()) - {*found.get_table_names(), *found.get_view_names()} == set()


def test_every_scope_has_its_name():
    assert set(SCOPES.split()) == {scope.value for scope in Scope}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DomainError, 422, "validation_failed"),
        (NotFound, 404, "not_found"),
        (Conflict, 409, "conflict"),
        (Denied, 403, "permission_denied"),
        (Stale, 409, "stale"),
    ],
)
def test_every_refusal_has_its_code(error, status, code):
    assert (error.status, error.code) == (status, code)
