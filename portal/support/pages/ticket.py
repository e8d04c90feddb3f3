"""One ticket: its thread, the composer, and what stands beside it."""

import sqlalchemy as sa
from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.database import changed_rows
from portal.core.outages import noting
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.canned import filled
from portal.support.company import around
from portal.support.history_words import history_of
from portal.support.models import SupportTicket
from portal.support.neighbours import Here
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import (
    Composing,
    Keeping,
    fields_context,
    found_ticket,
    head_context,
    next_url,
    ticket_page,
    ticket_url,
)
from portal.support.pages.written import number_or_none, view_now
from portal.support.presence import Present, is_due, note_presence, present_on
from portal.support.reading import earlier_than, later_than
from portal.support.words import MessageKind
from portal.web.access import requires
from portal.web.htmx import page, page_or_fragment, wants_fragment
from portal.web.urls import LARGEST_ID


@bp.get("/support/tickets/<number>")
@requires(Permission.TICKETS_VIEW)
def ticket(number: str) -> Response:
    found = found_ticket(number)
    before = number_or_none(request.args.get("before", ""))
    if before is not None and wants_fragment():
        return page("support/_earlier.html", stretch=earlier_than(found, before), left=None)
    if before is not None:
        return ticket_page(found, stretch=earlier_than(found, before))
    answer = ticket_page(found, composing=_prepared(found))
    _mark_read(found)
    return answer


def _prepared(found: SupportTicket) -> Composing | None:
    """A prepared answer in the composer, after what this person had begun to write."""
    answer_id, me = number_or_none(request.args.get("answer", "")), current_staff()
    if answer_id is None or answer_id > LARGEST_ID:
        return None
    text = filled(answer_id, found, me.actor)
    begun = around(found, me.id).draft(MessageKind.PUBLIC)
    return Composing(MessageKind.PUBLIC, "\n\n".join(part for part in (begun, text) if part))


def _mark_read(found: SupportTicket) -> None:
    """The assignee has looked; whoever else looks leaves it unread."""
    mine, me = SupportTicket.__table__.c, current_staff().id
    if not found.is_unread or found.assignee_id != me:
        return
    ticket_id, seen = found.id, found.last_public_message_id
    with noting():
        changed_rows(
            sa.update(SupportTicket)
            .where(mine.id == ticket_id, mine.last_public_message_id == seen)
            .values(is_unread=False)
        )


@bp.get("/support/tickets/<number>/news")
@requires(Permission.TICKETS_VIEW)
def news(number: str) -> ResponseReturnValue:
    """What came since the page was drawn, and who else is there. Also says that this person is."""
    found, me = found_ticket(number), current_staff()
    if not wants_fragment():
        return redirect(ticket_url(found.number, view_now()), code=303)
    after = number_or_none(request.args.get("after", "")) or 0
    lines, has_changed = later_than(found, after), request.args.get("version") != str(found.version)
    context = {
        **head_context(found),
        **(fields_context(found, Keeping()) if has_changed else {}),
        "lines": lines,
        "is_first": False,
        "after": lines[-1].id if lines else after,
        "has_changed": has_changed,
        "others": [one for one in _present(found) if one.admin_id != me.id],
    }
    answer = page("support/_news.html", **context)
    _note_presence(found.id)
    return answer


def _present(found: SupportTicket) -> list[Present]:
    return present_on([found.id], clock.now()).get(found.id, [])


def _note_presence(ticket_id: int) -> None:
    """A poll that comes early writes nothing, so that the write lock is taken once in 15 s."""
    me = current_staff().id
    if is_due(admin_id=me, ticket_id=ticket_id):
        is_typing = request.args.get("typing") == "1"
        with noting():
            note_presence(admin_id=me, ticket_id=ticket_id, is_typing=is_typing)


@bp.get("/support/tickets/<number>/history")
@requires(Permission.TICKETS_VIEW)
def history(number: str) -> Response:
    found = found_ticket(number)
    return page_or_fragment(
        "support/history.html",
        "support/_history_rows.html",
        happenings=history_of(found),
        **head_context(found),
    )


@bp.get("/support/tickets/<number>/<any(next, previous):way>")
@requires(Permission.TICKETS_VIEW)
def another(number: str, way: str) -> ResponseReturnValue:
    here = Here.of(found_ticket(number), view_now())
    return redirect(next_url(here, is_forward=way == "next"), code=303)
