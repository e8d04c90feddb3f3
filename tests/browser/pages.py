"""Every page that a person can open, and who opens it: what the sweeps go over.

`NOT_PAGES` answer programs, or with a file. A test fails for a GET route that stands in neither.
"""

from flask import Flask

from tests.browser.desk import SCENES as OF_THE_DESK
from tests.browser.pages_coupon_tools import SCENES as OF_COUPON_TOOLS
from tests.browser.pages_coupons import SCENES as OF_COUPONS
from tests.browser.pages_dashboard import SCENES as OF_THE_DASHBOARD
from tests.browser.pages_recovery import SCENES as OF_RECOVERY
from tests.browser.scene import Scene, Who

LOGS = ("everything", "admin-actions", "admin-logins", "auth-events", "entitlements", "mail")
NOT_PAGES = {
    "static",
    "operations.healthz",
    "operations.readyz",
    "operations.metrics",
    "support.bulk_results",
    "support.report_csv",
    "audit.table",
    "coupons.usage_csv",
    "coupons.batch_csv",
    "support.attachment",
}

SCENES: dict[str, list[Scene]] = {
    "audit.browse": [
        *(Scene(Who.ANN, f"/audit?log={log}") for log in LOGS),
        Scene(Who.BEA, "/audit?q=nothing+like+this"),
        Scene(Who.ANN, "/audit?action=user.created&range=30d&severity=info&tenant=1"),
        Scene(Who.ANN, "/audit?from=2026-13-40&ip=nowhere", 422),
    ],
    "audit.calendar": [
        Scene(Who.ANN, "/audit/calendar"),
        Scene(Who.ANN, "/audit/calendar?year=2026&actor=1"),
        Scene(Who.BEA, "/audit/calendar?month=2026-01"),
        Scene(Who.ANN, "/audit/calendar?month=never", 422),
    ],
    "audit.proof": [
        Scene(Who.ANN, "/audit/events/{event}/proof"),
        Scene(Who.ANN, "/audit/events/{waiting}/proof"),
        Scene(Who.ANN, "/audit/events/x/proof", 404),
    ],
    "audit.views": [Scene(Who.ANN, "/audit/views"), Scene(Who.BEA, "/audit/views")],
    "audit.new_view": [
        Scene(Who.ANN, "/audit/views/new?outcome=denied&range=7d"),
        Scene(Who.BEA, "/audit/views/new?q=x"),
    ],
    "audit.edit_view": [Scene(Who.ANN, "/audit/views/{audit_view}")],
    "audit.person": [
        Scene(Who.ANN, "/audit/people/{bea}"),
        Scene(Who.BEA, "/audit/people/{bea}?range=today"),
        Scene(Who.BEA, "/audit/people/{ann}", 404),
    ],
    "audit.verification": [Scene(Who.ANN, "/audit/verification")],
    "audit.event": [
        Scene(Who.ANN, "/audit/events/{event}"),
        Scene(Who.ANN, "/audit/events/{granted}"),
        Scene(Who.ANN, "/audit/events/x", 404),
    ],
    "audit.export": [
        Scene(Who.ANN_PROVEN, "/audit/export"),
        Scene(Who.ANN_PROVEN, "/audit/export?action=user.created&range=30d"),
        Scene(Who.ANN_PROVEN, "/audit/export?ip=nowhere", 422),
        Scene(Who.BEA, "/audit/export", 403),
    ],
    "audit.holds": [Scene(Who.ANN_PROVEN, "/audit/holds"), Scene(Who.BEA, "/audit/holds", 403)],
    "audit.log": [Scene(Who.ANN, "/audit/log"), Scene(Who.BEA, "/audit/log", 403)],
    "audit.streams": [Scene(Who.ANN, "/audit/streams")],
    "audit.new_stream": [Scene(Who.ANN, "/audit/streams/new")],
    "audit.stream": [
        Scene(Who.ANN, "/audit/streams/{stream}"),
        Scene(Who.ANN, "/audit/streams/0", 404),
    ],
    "audit.alerts": [Scene(Who.ANN, "/audit/alerts"), Scene(Who.ANN, "/audit/alerts?state=seen")],
    "audit.alert_rules": [Scene(Who.ANN, "/audit/alerts/rules")],
    "audit.new_alert_rule": [Scene(Who.ANN, "/audit/alerts/rules/new")],
    "audit.edit_alert_rule": [Scene(Who.ANN_PROVEN, "/audit/alerts/rules/{alert_rule}")],
    "customers.customers": [
        Scene(Who.ANN, "/customers"),
        Scene(Who.BEA, "/customers?tab=users"),
        Scene(Who.BARE, "/customers?q=nothing+like+this"),
    ],
    "customers.tenant": [
        Scene(Who.ANN, "/customers/tenants/{tenant}"),
        Scene(Who.BARE, "/customers/tenants/{closed_tenant}"),
        Scene(Who.ANN, "/customers/tenants/0", 404),
    ],
    "subscriptions.trials": [
        Scene(Who.ANN, "/subscriptions/trials"),
        Scene(Who.ANN, "/subscriptions/trials?state=soon"),
        Scene(Who.BEA, "/subscriptions/trials?state=over"),
    ],
    "subscriptions.tenant": [
        Scene(Who.ANN, "/subscriptions/tenants/{tenant}?plan=basic"),
        Scene(Who.BEA, "/subscriptions/tenants/{tenant}"),
        Scene(Who.ANN, "/subscriptions/tenants/{closed_tenant}"),
        Scene(Who.ANN, "/subscriptions/tenants/0", 404),
    ],
    "entitlements.usage": [Scene(Who.ANN, "/entitlements/usage")],
    "entitlements.tenant_usage": [
        Scene(Who.ANN, "/entitlements/tenants/{tenant}/usage"),
        Scene(Who.BEA, "/entitlements/tenants/{tenant}/usage?interval=hour"),
        Scene(Who.ANN, "/entitlements/tenants/0/usage", 404),
    ],
    "entitlements.withdraw": [
        Scene(Who.ANN, "/entitlements/top-ups/{top_up}/withdraw"),
        Scene(Who.BEA, "/entitlements/top-ups/{top_up}/withdraw", 403),
        Scene(Who.ANN, "/entitlements/top-ups/0/withdraw", 404),
    ],
    "customers.new_tenant": [Scene(Who.BEA, "/customers/tenants/new")],
    "customers.edit_tenant": [Scene(Who.BEA, "/customers/tenants/{tenant}/edit")],
    "customers.suspend": [Scene(Who.ANN_PROVEN, "/customers/tenants/{tenant}/suspend")],
    "customers.close": [Scene(Who.ANN_PROVEN, "/customers/tenants/{tenant}/close")],
    "customers.reopen": [Scene(Who.ANN, "/customers/tenants/{closed_tenant}/reopen")],
    "customers.user": [
        Scene(Who.ANN, "/customers/users/{user}"),
        Scene(Who.BEA, "/customers/users/{user}"),
    ],
    "customers.tokens": [
        *(Scene(Who.ANN, f"/tokens?kind={kind}") for kind in ("service", "staff", "user")),
        Scene(Who.ANN, "/tokens?q=nothing+like+this"),
        Scene(Who.BEA, "/tokens"),
    ],
    "customers.service_token": [Scene(Who.ANN, "/tokens/service")],
    "customers.own_token": [Scene(Who.BEA, "/tokens/own")],
    "customers.imports": [Scene(Who.ANN, "/customers/imports")],
    "customers.import_preview": [
        Scene(Who.ANN, "/customers/imports/{preview}"),
        Scene(Who.ANN, "/customers/imports/{preview}?effect=same"),
        Scene(Who.ANN, "/customers/imports/{running}"),
    ],
    "customers.privacy": [
        Scene(Who.ANN_PROVEN, "/customers/users/{user}/privacy"),
        Scene(Who.ANN, "/customers/users/{user}/privacy", 403),
    ],
    "customers.new_user": [Scene(Who.BEA, "/customers/tenants/{tenant}/users/new")],
    "customers.edit_user": [Scene(Who.BEA, "/customers/users/{user}/edit")],
    "customers.deactivate": [Scene(Who.BEA, "/customers/users/{user}/deactivate")],
    "customers.reactivate": [Scene(Who.BEA, "/customers/users/{user}/reactivate")],
    "entitlements.grant_user": [
        Scene(Who.ANN, "/entitlements/users/{user}/grant"),
        Scene(Who.BEA, "/entitlements/users/{user}/grant?feature_name=api_access"),
    ],
    "entitlements.grant_tenant": [
        Scene(Who.ANN, "/entitlements/tenants/{tenant}/grant"),
        Scene(Who.BEA, "/entitlements/tenants/{tenant}/grant", 403),
    ],
    "entitlements.override": [
        Scene(Who.ANN, "/entitlements/user-grants/{grant}"),
        Scene(Who.BEA, "/entitlements/tenant-grants/{block}"),
        Scene(Who.ANN, "/entitlements/user-grants/0", 404),
    ],
    "entitlements.why": [
        Scene(Who.BEA, "/entitlements/users/{user}/why/dedicated_support"),
        Scene(Who.ANN, "/entitlements/users/{user}/why/api_access?at=2020-01-01T09:00"),
        Scene(Who.ANN, "/entitlements/users/{user}/why/api_access?at=never", 422),
    ],
    "entitlements.compare": [
        Scene(Who.BEA, "/entitlements/compare"),
        Scene(Who.BEA, "/entitlements/compare?user={user}&then=2020-01-01T09:00"),
        Scene(Who.BEA, "/entitlements/compare?user={user}"),
        Scene(Who.BEA, "/entitlements/compare?user=0", 422),
    ],
    "entitlements.expiring": [
        Scene(Who.BEA, "/entitlements/expiring"),
        Scene(Who.ANN, "/entitlements/expiring?scope=tenant&within=7"),
    ],
    "entitlements.scheduled": [Scene(Who.ANN, "/entitlements/scheduled")],
    "entitlements.bulk_grants": [Scene(Who.ANN, "/entitlements/bulk")],
    "entitlements.new_bulk_grant": [
        Scene(Who.ANN, "/entitlements/bulk/new"),
        Scene(Who.BEA, "/entitlements/bulk/new", 403),
    ],
    "entitlements.bulk_grant": [Scene(Who.ANN, "/entitlements/bulk/{bulk}")],
    "catalog.overview": [Scene(Who.ANN, "/catalog")],
    "catalog.features": [
        Scene(Who.ANN, "/catalog/features"),
        Scene(Who.BEA, "/catalog/features?q=nothing+like+this"),
    ],
    "catalog.feature": [
        Scene(Who.ANN, "/catalog/features/basic_quotes"),
        Scene(Who.BEA, "/catalog/features/killed_feature"),
        Scene(Who.ANN, "/catalog/features/nothing", 404),
    ],
    "catalog.new_feature": [Scene(Who.ANN, "/catalog/new-feature")],
    "catalog.edit_feature": [Scene(Who.ANN, "/catalog/features/basic_quotes/edit")],
    "catalog.kill": [Scene(Who.ANN_PROVEN, "/catalog/features/basic_quotes/kill")],
    "catalog.revive": [Scene(Who.ANN_PROVEN, "/catalog/features/killed_feature/revive")],
    "catalog.retire_feature": [Scene(Who.ANN_PROVEN, "/catalog/features/basic_quotes/archive")],
    "catalog.plans": [Scene(Who.ANN, "/catalog/plans"), Scene(Who.BEA, "/catalog/plans")],
    "catalog.plan": [Scene(Who.ANN, "/catalog/plans/free"), Scene(Who.BEA, "/catalog/plans/basic")],
    "catalog.new_plan": [Scene(Who.ANN, "/catalog/new-plan")],
    "catalog.edit_plan": [Scene(Who.ANN, "/catalog/plans/basic/edit")],
    "catalog.retire_plan": [Scene(Who.ANN_PROVEN, "/catalog/plans/basic/archive")],
    "catalog.choose_fallback": [Scene(Who.ANN_PROVEN, "/catalog/plans/basic/make-fallback")],
    "catalog.matrix": [Scene(Who.ANN, "/catalog/matrix"), Scene(Who.BEA, "/catalog/matrix")],
    "catalog.cell": [
        Scene(Who.ANN, "/catalog/matrix/free/basic_quotes"),
        Scene(Who.BEA, "/catalog/matrix/free/basic_quotes", 403),
    ],
    "operations.jobs": [
        Scene(Who.ANN, "/operations/jobs"),
        Scene(Who.BEA, "/operations/jobs", 403),
    ],
    "operations.job": [Scene(Who.ANN, "/operations/jobs/{job}")],
    "operations.mail": [Scene(Who.ANN, "/operations/mail")],
    "operations.letter": [Scene(Who.ANN, "/operations/mail/{mail}")],
    "operations.body": [Scene(Who.ANN_PROVEN, "/operations/mail/{mail}/body")],
    "operations.health": [Scene(Who.ANN, "/operations/health")],
    "staff.sign_in": [Scene(Who.NOBODY, "/sign-in")],
    "staff.second_factor": [Scene(Who.PREAUTH, "/sign-in/second-factor")],
    "staff.passkey": [Scene(Who.PREAUTH, "/sign-in/passkey")],
    "staff.backup_code": [Scene(Who.PREAUTH, "/sign-in/backup-code")],
    "staff.forgot": [Scene(Who.NOBODY, "/forgot-password")],
    "staff.reset_password": [
        Scene(Who.NOBODY, "/reset-password/{reset}"),
        Scene(Who.NOBODY, "/reset-password/used-long-ago", 410),
    ],
    "staff.accept_invite": [Scene(Who.NOBODY, "/invite/{invite}")],
    "staff.confirm_email": [Scene(Who.NOBODY, "/email/confirm/{email_change}")],
    "staff.undo_email": [Scene(Who.NOBODY, "/email/undo/{email_undo}")],
    "staff.people": [Scene(Who.ANN, "/staff"), Scene(Who.ANN, "/staff?q=nobody+like+this")],
    "staff.person": [
        Scene(Who.ANN, "/staff/{bea}"),
        Scene(Who.ANN, "/staff/{ann}"),
        Scene(Who.ANN, "/staff/{invited}"),
        Scene(Who.ANN, "/staff/{gone}"),
        Scene(Who.ANN, "/staff/{frozen}"),
        Scene(Who.ANN, "/staff/0", 404),
    ],
    "staff.invite": [Scene(Who.ANN, "/staff/invite")],
    "staff.addresses": [Scene(Who.ANN, "/staff/policy/addresses")],
    "staff.again": [Scene(Who.ANN, "/account/again")],
    "staff.roles": [Scene(Who.ANN, "/staff/roles")],
    "staff.notices": [Scene(Who.ANN, "/account/notices"), Scene(Who.BEA, "/account/notices")],
    "staff.password": [Scene(Who.ANN, "/account/password"), Scene(Who.BARE, "/account/password")],
    "staff.email": [Scene(Who.ANN_PROVEN, "/account/email")],
    "staff.preferences": [Scene(Who.ANN, "/account/preferences")],
    "staff.sessions": [
        Scene(Who.ANN, "/account/sessions"),
        Scene(Who.ALARMED, "/account/sessions"),
    ],
    "staff.sudo": [
        Scene(Who.ANN, "/account/sudo"),
        Scene(Who.BEA, "/account/sudo"),
        Scene(Who.BARE, "/account/sudo"),
        Scene(Who.ANN_PROVEN, "/account/sudo?next=/audit/events.csv"),
    ],
    "two_factor.security": [
        Scene(Who.ANN, "/account/security"),
        Scene(Who.BARE, "/account/security"),
        Scene(Who.ALARMED, "/account/security"),
    ],
    "two_factor.enrol": [Scene(Who.NEWCOMER, "/account/two-factor/enrol")],
    "two_factor.passkeys": [
        Scene(Who.ANN, "/account/passkeys"),
        Scene(Who.BEA, "/account/passkeys"),
    ],
    "two_factor.new_passkey": [
        Scene(Who.ANN_PROVEN, "/account/passkeys/new"),
        Scene(Who.NEWCOMER, "/account/passkeys/new"),
    ],
    "two_factor.rename_passkey": [
        Scene(Who.ANN, "/account/passkeys/{passkey}/rename"),
        Scene(Who.ANN, "/account/passkeys/0/rename", 404),
    ],
    "two_factor.disable": [Scene(Who.ANN, "/account/two-factor/disable")],
    "two_factor.policy": [Scene(Who.ANN, "/staff/policy")],
}

SCENES |= OF_THE_DESK
SCENES |= OF_COUPONS | OF_COUPON_TOOLS | OF_THE_DASHBOARD | OF_RECOVERY


def pages_of(app: Flask) -> set[str]:
    """The endpoints of every GET route that answers a person."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return {rule.endpoint for rule in rules if not rule.rule.startswith("/api/")} - NOT_PAGES
