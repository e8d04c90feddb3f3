"""What runs out soon, and what is scheduled to begin."""

from datetime import timedelta

from flask import Response, request

from portal.core.permissions import Permission
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.pages.overrides import WORDS
from portal.entitlements.pages.usage import feature_labels
from portal.entitlements.upcoming import expiring_grants, scheduled_grants
from portal.web.access import requires
from portal.web.htmx import page

SOON = {"7": "within a week", "30": "within 30 days", "90": "within 90 days"}
DEFAULT = "30"
SCOPES = {"user": "Users", "tenant": "Tenants"}


@bp.get("/entitlements/expiring")
@requires(Permission.ENTITLEMENTS_VIEW)
def expiring() -> Response:
    within = request.args.get("within", DEFAULT)
    within = within if within in SOON else DEFAULT
    listing = expiring_grants(
        scope=_scope(), within=timedelta(days=int(within)), cursor=request.args.get("cursor")
    )
    return page(
        "entitlements/upcoming.html",
        kind="expiring",
        scope=_scope(),
        scopes=SCOPES,
        labels=feature_labels(),
        words=WORDS,
        within=within,
        spans=[(days, words) for days, words in SOON.items() if days != DEFAULT],
        listing=listing,
    )


@bp.get("/entitlements/scheduled")
@requires(Permission.ENTITLEMENTS_VIEW)
def scheduled() -> Response:
    return page(
        "entitlements/upcoming.html",
        kind="scheduled",
        scope=_scope(),
        scopes=SCOPES,
        labels=feature_labels(),
        words=WORDS,
        within="",
        spans=[],
        listing=scheduled_grants(scope=_scope(), cursor=request.args.get("cursor")),
    )


def _scope() -> str:
    asked = request.args.get("scope", "user")
    return asked if asked in SCOPES else "user"
