"""The log: a timeline by day, narrowed by its address."""

from datetime import timedelta
from typing import Any

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.audit.browsing import EventRow
from portal.audit.browsing import browse as browse_events
from portal.audit.days import by_day
from portal.audit.filters import Filters
from portal.audit.keyset import place_before
from portal.audit.logs import EVERYTHING, LOGS
from portal.audit.pages.addresses import (
    LABELS_OF_FIELDS,
    chips_of,
    links_of,
    names_in,
    url_of,
)
from portal.audit.pages.blueprint import bp
from portal.audit.pages.choices import OUTCOMES, SEVERITIES, options_of_actions
from portal.audit.reading import note_reading, note_reading_beside
from portal.audit.scope import reach_of
from portal.audit.spans import midnight, read_day
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page_or_fragment, wants_fragment
from portal.web.paging import ListPage
from portal.web.times import reader_zone

BAD_DAY = "Write the day to jump to as 2026-11-23."
NOTHING: ListPage[EventRow] = ListPage([], None, None)


@bp.get("/audit")
@requires(Permission.AUDIT_OWN)
def browse() -> ResponseReturnValue:
    """Reading is noted, once in five minutes. Filters that mean nothing show nothing but that."""
    filters, jump = Filters.of(request.args), request.args.get("jump", "").strip()
    faults = dict(filters.faults)
    if jump and not faults:
        try:
            return redirect(_url_at(filters, jump))
        except (ValueError, OverflowError):
            faults["jump"] = BAD_DAY
    beside = _beside(filters)
    listing = NOTHING if faults else _listing(filters)
    answer = page_or_fragment(
        "audit/browse.html",
        "audit/_events.html",
        status=422 if faults else 200,
        listing=listing,
        faults=faults,
        jump=jump,
        **beside,
        **_around(filters, listing),
    )
    answer.headers["HX-Push-Url"] = url_of(filters)
    return answer


def _beside(filters: Filters) -> dict[str, Any]:
    """What a whole page has and a fragment has not. Either is a reading."""
    log = filters.log if filters.log in LOGS else EVERYTHING
    if wants_fragment():
        note_reading(by=acting(), log=log)
        return {}
    return {"standing": note_reading_beside(by=acting(), log=log), "form": _form(filters)}


def _url_at(filters: Filters, jump: str) -> str:
    """The page whose first event is the last one of that day.

    Raises:
        ValueError: it is no day.
    """
    end = midnight(read_day(jump) + timedelta(days=1), reader_zone())
    return url_of(filters, cursor=place_before(end))


def _listing(filters: Filters) -> ListPage[EventRow]:
    cursor = request.args.get("cursor")
    return browse_events(by=acting(), filters=filters, zone=reader_zone(), cursor=cursor)


def _around(filters: Filters, listing: ListPage[EventRow]) -> dict[str, Any]:
    """What the template draws beside the rows."""
    return {
        "filters": filters,
        "days": by_day(listing.items, reader_zone()),
        "chips": list(chips_of(filters, names_in(listing.items))) if filters.is_narrowed else [],
        "labels": LABELS_OF_FIELDS,
        "evidence_url": _evidence_url(filters),
        "may_hold": acting().may(Permission.AUDIT_HOLD),
        "reach": reach_of(acting()),
        **links_of(filters)._asdict(),
    }


def _form(filters: Filters) -> Markup:
    """Most look at the log without a filter: that form is drawn once."""
    if filters.given:
        return _drawn(filters)
    known = current_app.extensions
    if "portal_audit_form" not in known:
        known["portal_audit_form"] = _drawn(filters)
    drawn: Markup = known["portal_audit_form"]
    return drawn


def _drawn(filters: Filters) -> Markup:
    action = "" if "action" in filters.faults else filters.action
    template = current_app.jinja_env.get_template("audit/_filters.html")
    html = template.render(
        filters=filters,
        faults=filters.faults,
        action_options=options_of_actions(action),
        outcomes=OUTCOMES,
        severities=SEVERITIES,
    )
    return Markup(html)  # noqa: S704 - our template escapes


def _evidence_url(filters: Filters) -> str | None:
    return url_of(filters, "audit.export") if acting().may(Permission.AUDIT_EXPORT) else None
