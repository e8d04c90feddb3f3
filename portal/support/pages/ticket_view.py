"""The page of a ticket, as each of its views draws it again."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from flask import Response

from portal.core import clock
from portal.core.once import new_once
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.agent_list import assign_choices
from portal.support.company import around
from portal.support.filtering import Looking
from portal.support.models import SupportTicket
from portal.support.neighbours import FILTERED, Here, neighbour
from portal.support.pages.slots import slot_context
from portal.support.pages.written import view_now
from portal.support.queue_rows import PRIORITY_COLOURS, STATUS_COLOURS
from portal.support.reading import Stretch, newest
from portal.support.seeing import ticket_or_404
from portal.support.snoozing import presets
from portal.support.statuses import may_become
from portal.support.words import Category, Channel, MessageKind, Priority, Status
from portal.web.htmx import page
from portal.web.times import reader_zone, to_reader

AWAY = (Status.SPAM, Status.DELETED)


@dataclass(frozen=True, slots=True)
class Composing:
    """What stands in the composer: after a refusal the very text that was sent, and why not."""

    kind: MessageKind | None = None
    body: str = ""
    problem: str | None = None
    file_names: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The same for a field: what was chosen, and why it was not saved."""

    values: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


class Choice(NamedTuple):
    """A field that is changed by choosing."""

    name: str
    label: str
    old: str
    value: str
    options: list[tuple[str, str]]


def found_ticket(number: str) -> SupportTicket:
    """The ticket of the address, or a 404."""
    return ticket_or_404(current_staff().actor, number)


def ticket_page(
    ticket: SupportTicket,
    *,
    status: int = 200,
    stretch: Stretch | None = None,
    composing: Composing | None = None,
    keeping: Keeping | None = None,
) -> Response:
    """The whole page; a `stretch` of older messages in place of the newest."""
    shown = stretch or newest(ticket)
    return page(
        "support/ticket.html",
        status=status,
        stretch=shown,
        is_past=stretch is not None,
        left=ticket.message_count - len(shown.lines) if stretch is None else None,
        composing=composing or Composing(),
        may_reply=Status(ticket.status).is_open or ticket.status == Status.SOLVED,
        reply_key=new_once(),
        note_key=new_once(),
        **head_context(ticket),
        **fields_context(ticket, keeping or Keeping()),
        **slot_context(ticket, current_staff().actor),
    )


def head_context(ticket: SupportTicket) -> dict[str, Any]:
    """For `support/_ticket_head.html`."""
    view = view_now()
    return {
        "ticket": ticket,
        "url": ticket_url(ticket.number),
        "view": view,
        "queue_url": f"{queue_url(view)}#ticket-{ticket.number}",
        "state": Status(ticket.status),
        "channel": Channel(ticket.channel),
        "state_colour": STATUS_COLOURS[Status(ticket.status)],
        "priority_colour": PRIORITY_COLOURS.get(Priority(ticket.priority), "secondary"),
        "hidden_until": _hidden_until(ticket),
        "may_work": current_staff().actor.may(Permission.TICKETS_REPLY),
    }


def _hidden_until(ticket: SupportTicket) -> str | None:
    """`Mon 30 Nov, 09:00` on the reader's clock, while it is still to come."""
    until = ticket.snoozed_until
    if until is None or until <= clock.now():
        return None
    local = to_reader(until)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def fields_context(ticket: SupportTicket, keeping: Keeping) -> dict[str, Any]:
    """For `support/_ticket_fields.html` and what it includes."""
    found = around(ticket, current_staff().id)
    return {
        "choices": _choices(ticket, keeping.values),
        "keeping": keeping,
        "away": [one for one in may_become(ticket) if one in AWAY],
        "agents": assign_choices(ticket),
        "around": found,
        "snoozes": presets(clock.now(), reader_zone()),
        "zone": reader_zone().key,
    }


def _choices(ticket: SupportTicket, kept: dict[str, str]) -> list[Choice]:
    present = Status(ticket.status)
    # Away is away at the first slip of a key: those two have buttons that ask.
    chosen = [one for one in may_become(ticket) if one not in AWAY]
    options = {
        "status": [(one.value, one.label) for one in [present, *chosen]],
        "priority": [(one.value, one.label) for one in Priority],
        "category": [(one.value, one.label) for one in Category],
    }
    return [
        Choice(name, name.capitalize(), old, kept.get(name, old), found)
        for name, found in options.items()
        for old in [str(getattr(ticket, name))]
    ]


def ticket_url(number: str, view: str = "", anchor: str = "") -> str:
    query = f"?{urlencode({'view': view})}" if view else ""
    return f"/support/tickets/{number}{query}{anchor}"


def queue_url(view: str) -> str:
    """The queue that a view names, narrowed as it was; without one, what is the person's own."""
    name, _, text = view.partition(FILTERED)
    query = f"?{urlencode({'q': text})}" if text else ""
    return f"/support/queue/{quote(name, safe='')}{query}" if name else "/support/queue"


def next_url(here: Here, *, is_forward: bool = True) -> str:
    """The next ticket of the view; the queue itself when there is no other."""
    looking = Looking(current_staff().actor, reader_zone(), clock.now())
    found = neighbour(looking=looking, here=here, is_forward=is_forward)
    return ticket_url(found, here.view) if found else queue_url(here.view)
