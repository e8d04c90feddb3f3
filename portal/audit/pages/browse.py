"""The log: a timeline by day, narrowed by its address."""

from datetime import timedelta
from itertools import groupby
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Outcome, Severity
from portal.audit.browsing import EventRow
from portal.audit.browsing import browse as browse_events
from portal.audit.days import by_day
from portal.audit.filters import Filters
from portal.audit.keyset import place_before
from portal.audit.logs import EVERYTHING, LOGS
from portal.audit.pages.addresses import (
    LABELS_OF_FIELDS,
    chips_of,
    names_in,
    presets_of,
    tabs_of,
    url_before,
    url_of,
)
from portal.audit.pages.blueprint import bp
from portal.audit.reading import note_reading
from portal.audit.spans import midnight, read_day
from portal.audit.standing import standing
from portal.audit.words import WORDS
from portal.core.permissions import Permission
from portal.web.access import acting, requires
from portal.web.htmx import page_or_fragment, wants_fragment
from portal.web.paging import ListPage
from portal.web.times import reader_zone

BAD_DAY = "Write the day to jump to as 2026-11-23."
NOTHING: ListPage[EventRow] = ListPage([], None, None)


def _actions_by_subject() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every action in words, under what it is about: how the form offers them."""
    found = sorted(WORDS, key=lambda action: action.value.partition(".")[0])
    groups = groupby(found, key=lambda action: action.value.partition(".")[0])
    return [
        (subject.replace("_", " ").capitalize(), [(a.value, WORDS[a].capitalize()) for a in group])
        for subject, group in groups
    ]


ACTIONS = _actions_by_subject()
OUTCOMES = [(outcome.value, outcome.value.capitalize()) for outcome in Outcome]
SEVERITIES = [(severity.value, severity.value.capitalize()) for severity in Severity]


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
    note_reading(by=acting(), log=filters.log if filters.log in LOGS else EVERYTHING)
    listing = NOTHING if faults else _listing(filters)
    answer = page_or_fragment(
        "audit/browse.html",
        "audit/_events.html",
        status=422 if faults else 200,
        listing=listing,
        faults=faults,
        jump=jump,
        standing=None if wants_fragment() else standing(),
        **_around(filters, listing),
    )
    answer.headers["HX-Push-Url"] = url_of(filters)
    return answer


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
        "tabs": tabs_of(filters),
        "presets": presets_of(filters),
        "chips": list(chips_of(filters, names_in(listing.items))),
        "labels": LABELS_OF_FIELDS,
        "save_url": url_of(filters, "audit.new_view"),
        "csv_url": url_of(filters, "audit.table"),
        "evidence_url": _evidence_url(filters),
        "may_hold": acting().may(Permission.AUDIT_HOLD),
        "actor_url": url_before(filters, "actor"),
        "actions": ACTIONS,
        "outcomes": OUTCOMES,
        "severities": SEVERITIES,
        "sees_all": acting().may(Permission.AUDIT_ALL),
    }


def _evidence_url(filters: Filters) -> str | None:
    return url_of(filters, "audit.export") if acting().may(Permission.AUDIT_EXPORT) else None
