"""Browsing the ledger."""

from flask import Response, request, url_for

from portal.audit.actions import Action, Outcome
from portal.audit.browsing import (
    LABELS,
    Filters,
    note_reading,
    reading_is_due,
)
from portal.audit.browsing import (
    browse as browse_events,
)
from portal.audit.pages.blueprint import bp
from portal.config import settings
from portal.core.database import writing
from portal.core.permissions import Permission
from portal.web.access import caller, requires
from portal.web.htmx import page_or_fragment


@bp.get("/audit")
@requires(Permission.AUDIT_OWN)
def browse() -> Response:
    """Reading is noted, once in five minutes, in a small transaction of its own."""
    person = caller()
    assert person is not None  # noqa: S101 - `requires` let nobody else in
    filters = Filters.of(request.args)
    if reading_is_due(by=person.actor, log=filters.log):
        with writing():
            note_reading(by=person.actor, log=filters.log)
    zone = getattr(person, "time_zone", None) or settings().timezone
    found = browse_events(
        by=person.actor, filters=filters, zone=zone, cursor=request.args.get("cursor")
    )
    return page_or_fragment(
        "audit/browse.html",
        "audit/_events.html",
        listing=found,
        filters=filters,
        tabs=[(url_for("audit.browse", log=k), v, k == filters.log) for k, v in LABELS.items()],
        outcomes=[(outcome.value, outcome.value.capitalize()) for outcome in Outcome],
        actions=[(action.value, action.value) for action in Action],
        sees_all=person.actor.may(Permission.AUDIT_ALL),
    )
