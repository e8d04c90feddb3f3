"""The queues: which tickets wait, for whom, and until when."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.agent_list import switch_of
from portal.support.around import Around, look_around
from portal.support.filter_language import (
    EVERYTHING,
    BadFilter,
    Filter,
    parse,
    written,
    written_part,
)
from portal.support.filter_values import FIELDS, Sort
from portal.support.filtering import Looking
from portal.support.looking_again import look_again
from portal.support.neighbours import FILTERED
from portal.support.numbers import read_number
from portal.support.orders import order_of
from portal.support.pages.blueprint import bp
from portal.support.pages.lines import drawn
from portal.support.queue_rows import QueueRow
from portal.support.queue_words import as_filter
from portal.support.queues import Queue, View, counts_of, tickets_in
from portal.web.access import requires
from portal.web.htmx import page, page_or_fragment, wants_fragment
from portal.web.paging import PAGE_SIZE
from portal.web.times import reader_zone

MOST_SHOWN = 2 * PAGE_SIZE
HELP = [(field.example, field.takes.removeprefix("takes ")) for field in FIELDS.values()]
"""An example of each property, and what may stand there."""
SORTS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.UPDATED: "Latest message first",
    Sort.QUIET: "Longest quiet first",
}


class Sorting(NamedTuple):
    """An order, and the queue in it."""

    label: str
    url: str
    is_present: bool


class Chip(NamedTuple):
    """One part of the filter, and the queue without it."""

    text: str
    url: str


@bp.get("/support/queue")
@requires(Permission.TICKETS_VIEW)
def own_queue() -> ResponseReturnValue:
    may_work = current_staff().actor.may(Permission.TICKETS_REPLY)
    return redirect(url_for("support.queue", view=View.MINE if may_work else View.ALL))


@bp.get("/support/queue/<view>")
@requires(Permission.TICKETS_VIEW)
def queue(view: str) -> Response:
    looking = looking_now()
    around, text = look_around(looking), request.args.get("q", "").strip()
    found = around.queue_named(view)
    try:
        narrowed = found.narrowed_by(parse(text))
    except BadFilter as error:
        return _refused(found, around, looking, text, error)
    if wants_fragment() and "shown" in request.args:
        return _again(narrowed, around, looking)
    listing = tickets_in(narrowed, looking, cursor=request.args.get("cursor"))
    return page_or_fragment(
        "support/queue.html",
        "support/_queue_rows.html",
        listing=listing,
        chips=_chips(found, narrowed.narrowed),
        saved=written(as_filter(narrowed)),
        help=HELP,
        sorts=_sorts(narrowed),
        **_switch(),
        **_around(narrowed, around, looking, text=text),
        **_rows(narrowed, listing.items, around),
    )


def looking_now() -> Looking:
    """Whoever is signed in, here and now."""
    return Looking(current_staff().actor, reader_zone(), clock.now())


def _again(found: Queue, around: Around, looking: Looking) -> Response:
    """The page that somebody has before them, as it stands now: no row moves."""
    shown = request.args["shown"].split(",")[:MOST_SHOWN]
    numbers = [number for text in shown if (number := read_number(text)) is not None]
    is_first_page = "cursor" not in request.args
    again = look_again(found, looking, numbers, is_first_page=is_first_page)
    return page(
        "support/_queue_rows.html",
        listing=None,
        **_around(found, around, looking, text=request.args.get("q", "")),
        **_rows(found, again.rows, around, fresh=again.fresh),
    )


def _refused(
    found: Queue, around: Around, looking: Looking, text: str, error: BadFilter
) -> Response:
    return page_or_fragment(
        "support/queue.html",
        "support/_queue_rows.html",
        status=422,
        listing=None,
        chips=[],
        help=HELP,
        sorts=[],
        **_switch(),
        **_around(found, around, looking, text=text, error=error),
        **_rows(found, [], around),
    )


def _switch() -> dict[str, Any]:
    """The person's own switch; a fragment has none."""
    me = None if wants_fragment() else current_staff().id
    return {"switch": switch_of(me) if me else None, "back": request.full_path.rstrip("?")}


def _around(
    found: Queue, around: Around, looking: Looking, *, text: str, error: BadFilter | None = None
) -> dict[str, Any]:
    """What stands around the rows."""
    return {
        "queue": found,
        "views": list(View),
        "around": around,
        "counts": counts_of(around.counted(), looking),
        "text": text,
        "error": error,
    }


def _rows(
    found: Queue, rows: Sequence[QueueRow | str], around: Around, *, fresh: int = 0
) -> dict[str, Any]:
    """The rows, and where the same page is asked for again."""
    query = written(found.narrowed)
    here = {"q": query} if query else {}
    cursor = {"cursor": request.args["cursor"]} if "cursor" in request.args else {}
    numbers = [row if isinstance(row, str) else row.number for row in rows]
    place = urlencode({"view": f"{found.key}{FILTERED}{query}" if query else found.key})
    may_reply = current_staff().actor.may(Permission.TICKETS_REPLY)
    return {
        "rows": rows,
        "lines": drawn(rows, place=place, lookers=around.lookers, may_reply=may_reply),
        "fresh": fresh,
        "shown": ",".join(numbers),
        "first_url": queue_url(found.key, here),
        "again_url": queue_url(found.key, here | cursor),
        "query": query,
        "may_reply": may_reply,
    }


def queue_url(key: str, query: dict[str, str]) -> str:
    """The address of a queue; a filter that holds a word of Flask's own stays a filter."""
    address = f"/support/queue/{key}"
    return f"{address}?{urlencode(query)}" if query else address


def _chips(found: Queue, narrowed: Filter) -> list[Chip]:
    return [
        Chip(written_part(part), queue_url(found.key, _query(narrowed.without(place))))
        for place, part in enumerate(narrowed.parts)
    ]


def _sorts(found: Queue) -> list[Sorting]:
    """The orders that there are. That of a saved view needs no word in the address."""
    present, unsaid = found.asked.sort or Sort.DUE, found.own.sort or Sort.DUE
    usual = order_of(found.asked.sorted_by(None))
    labels = {Sort.DUE: "Usual order" if usual.is_newest_first else "Due first", **SORTS}
    offered = {sort: found.narrowed.sorted_by(None if sort == unsaid else sort) for sort in labels}
    return [
        Sorting(labels[sort], queue_url(found.key, _query(there)), sort == present)
        for sort, there in offered.items()
        if not there.is_too_long
    ]


def _query(narrowed: Filter) -> dict[str, str]:
    return {} if narrowed == EVERYTHING else {"q": written(narrowed)}
