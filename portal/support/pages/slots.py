"""Where other subjects stand on the page of a ticket: each a partial and what fills it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.support.customer_panel import customer_slot
from portal.support.due_words import clock_lines
from portal.support.linking import related_to
from portal.support.macro_list import macros_beside
from portal.support.merging import may_undo
from portal.support.models import SupportTicket

Context = Callable[[SupportTicket, Actor], dict[str, Any]]


class Slot(NamedTuple):
    """A partial, and the function that gives the names which it needs."""

    template: str
    context: Context
    is_for_work: bool = False
    """Whoever only reads tickets does not see it."""


def _related(ticket: SupportTicket, by: Actor) -> dict[str, Any]:
    return {
        "related": related_to(by=by, ticket=ticket),
        "may_undo": may_undo(ticket),
        "may_change": by.may(Permission.TICKETS_REPLY),
    }


def _clocks(ticket: SupportTicket, _: Actor) -> dict[str, Any]:
    return {"clocks": clock_lines(ticket)}


def _nothing(_ticket: SupportTicket, _by: Actor) -> dict[str, Any]:
    return {}


BESIDE: tuple[Slot, ...] = (
    Slot("support/_clocks_card.html", _clocks),
    Slot("support/_customer.html", customer_slot),
    Slot("support/_macros.html", macros_beside, is_for_work=True),
    Slot("support/_related.html", _related),
)
"""In the column beside the thread, the first on top."""
IN_COMPOSER: tuple[Slot, ...] = (Slot("support/_answer_picker.html", _nothing),)
"""Above the text of a reply: prepared answers."""


def slot_context(ticket: SupportTicket, by: Actor) -> dict[str, Any]:
    """What all partials need, and which stand where."""
    may_work = by.may(Permission.TICKETS_REPLY)
    beside = [slot for slot in BESIDE if may_work or not slot.is_for_work]
    found: dict[str, Any] = {}
    for slot in (*beside, *IN_COMPOSER):
        found |= slot.context(ticket, by)
    return {
        **found,
        "beside_slots": [slot.template for slot in beside],
        "composer_slots": [slot.template for slot in IN_COMPOSER],
    }
