"""Programs that show a token, and those that show something else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.gatekeeper import MOST_DENIALS
from portal.customers.models import ApiToken, Tenant, TenantStatus, User, UserStatus
from portal.customers.rates import RateLimiter
from portal.customers.tokens import (
    IssuedToken,
    issue_service_token,
    issue_staff_token,
    issue_user_token,
    revoke_token,
)
from portal.staff.models import Admin
from tests.cast import actor, make_user, signed_in
from tests.client import Client

STATUS = "/api/admin/2fa/status"


@pytest.fixture
def service(ann: Admin) -> IssuedToken:
    return issue_service_token(by=actor(ann), name="Product", scopes=["customers:read"])


def ask(client: Client, text: str, path: str = STATUS, **kwargs):
    return client.get(path, headers={"Authorization": f"Bearer {text}"}, **kwargs)


def reached(answer) -> bool:
    """Known as a caller, whatever the route then thinks of programs."""
    return answer.status_code != 401


def test_a_live_token_is_known(client, service):
    answer = ask(client, service.text)
    assert answer.status_code == 403
    assert answer.get_json()["title"] == "Not for tokens"


@pytest.mark.parametrize(
    "text", ["", "x", "bop_", "bop_" + "a" * 58, "ü" * 62, "bop_12345678_" + "0" * 49]
)
def test_what_is_not_a_token_is_refused(client, text):
    answer = ask(client, text or " ")
    assert answer.status_code == 401
    if text:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.get_json()["code"] == "not_authenticated"


def test_a_wrong_secret_is_refused(client, service, ann):
    other = issue_service_token(by=actor(ann), name="Other", scopes=["customers:read"])
    service.row.secret_sha256, service_row = other.row.secret_sha256, service.row
    db.session.flush()
    assert service_row.secret_sha256 == other.row.secret_sha256
    assert not reached(ask(client, service.text))


def test_a_revoked_token_opens_nothing_at_once(client, service, ann):
    assert reached(ask(client, service.text))
    revoke_token(by=actor(ann), token=service.row)
    assert not reached(ask(client, service.text))


def test_an_expired_token_opens_nothing(client, service):
    service.row.expires_at = clock.now() - timedelta(seconds=1)
    assert not reached(ask(client, service.text))


def test_cookies_beside_a_token_count_for_nothing(app: Flask, ann):
    here = signed_in(app, ann)
    assert here.get(STATUS).status_code == 200
    assert ask(here, "nonsense").status_code == 401


def test_a_page_is_not_for_programs(client, service):
    assert ask(client, service.text, "/account/security").status_code == 403
    assert ask(client, "nonsense", "/account/security").status_code == 401


def test_a_token_in_the_address_is_no_token(client, service):
    assert client.get(f"{STATUS}?access_token={service.text}").status_code == 401


@pytest.mark.parametrize("network", ["203.0.113.0/24", "2001:db8::/32"])
def test_a_token_serves_its_networks_alone(client, service, network):
    service.row.networks = [network]
    assert not reached(ask(client, service.text))
    inside = {"203.0.113.0/24": "203.0.113.7", "2001:db8::/32": "2001:db8::7"}[network]
    assert reached(ask(client, service.text, environ_base={"REMOTE_ADDR": inside}))


def test_last_use_is_written_at_most_once_a_minute(client, service):
    ask(client, service.text)
    first = db.session.get_one(ApiToken, service.row.id).last_used_at
    assert first is not None
    assert service.row.last_used_ip == "127.0.0.1"
    ask(client, service.text)
    assert service.row.last_used_at == first
    service.row.last_used_at = first - timedelta(seconds=61)
    ask(client, service.text)
    assert service.row.last_used_at > first - timedelta(seconds=1)


def of_user(ann: Admin, user: User) -> str:
    return issue_user_token(by=actor(ann), user=user, expires_in=timedelta(hours=1)).text


def test_a_user_who_gets_nothing_is_still_known(client, ann, acme: Tenant):
    user = make_user(acme)
    text = of_user(ann, user)
    user.status, acme.status = UserStatus.INACTIVE, TenantStatus.SUSPENDED
    assert reached(ask(client, text))


def test_an_erased_users_token_is_dead(client, ann, acme):
    user = make_user(acme)
    text = of_user(ann, user)
    user.erased_at = clock.now()
    assert not reached(ask(client, text))


def test_a_disabled_persons_token_is_dead(client, mo):
    text = issue_staff_token(by=actor(mo), name="Mine", permissions=["customers.view"]).text
    assert reached(ask(client, text))
    mo.disabled_at = clock.now()
    assert not reached(ask(client, text))


def test_a_demoted_persons_token_is_demoted_with_them(app, client, ann):
    text = issue_staff_token(by=actor(ann), name="Mine", permissions=["audit.all"]).text
    assert ask(client, text, "/api/openapi.json").status_code == 200
    ann.role = Role.SUPPORT_AGENT
    db.session.commit()
    with app.test_request_context(STATUS, headers={"Authorization": f"Bearer {text}"}):
        found = app.extensions["portal_gatekeeper"].caller()
        assert found.actor.permissions == frozenset()


@pytest.fixture
def fresh_denials(app: Flask, monkeypatch) -> None:
    """The app outlives a test, and tokens of the next one have the same numbers."""
    gatekeeper = app.extensions["portal_gatekeeper"]
    monkeypatch.setattr(gatekeeper, "_denials", RateLimiter(MOST_DENIALS))


@pytest.mark.usefixtures("fresh_denials")
def test_a_token_that_may_not_is_told_so_and_fills_no_ledger(client, ann, acme):
    text = of_user(ann, make_user(acme))
    for _ in range(MOST_DENIALS + 5):
        answer = ask(client, text, "/api/customers/tenants")
    assert answer.status_code == 403
    assert "This token does not carry it." in answer.get_json()["detail"]
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    assert db.session.scalar(query.filter_by(action="access.denied")) == MOST_DENIALS


@pytest.mark.usefixtures("fresh_denials")
def test_what_a_deed_refuses_a_token_fills_no_ledger_either(client, ann, acme):
    writer = issue_service_token(by=actor(ann), name="Writer", scopes=["entitlements:write"])
    path = f"/api/entitlements/users/{make_user(acme).id}/grant"
    for _ in range(MOST_DENIALS + 5):
        body = {"feature_name": "reports", "hard_deny": True}
        answer = client.post(path, json=body, headers={"Authorization": f"Bearer {writer.text}"})
        assert answer.get_json()["code"] == "permission_denied"
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    assert db.session.scalar(query.filter_by(action="access.denied")) == MOST_DENIALS
