"""What a level does when a clock of it warns or breaks: tell somebody, tag, raise, take away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import SYSTEM
from portal.core.database import db, insert_into
from portal.staff.notices import notify
from portal.support import clocks
from portal.support.clock_math import TARGET_CHANGED, Metric, remaining
from portal.support.clock_rows import Held
from portal.support.durations import roughly
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket, TicketTag
from portal.support.words import Priority

CAUSE = "escalation"
METRICS = {
    Metric.FIRST_RESPONSE: "first response",
    Metric.NEXT_RESPONSE: "next response",
    Metric.RESOLUTION: "solution",
    Metric.UPDATE: "next update",
}
QUIET = frozenset({"notify_assignee"})
"""To tell whoever has the ticket is no escalation yet."""


@dataclass(slots=True)
class Escalation:
    """One clock that warns or broke, its locked ticket, and what came of it so far."""

    ticket: SupportTicket
    held: Held
    moment: str
    at: datetime
    lead_id: int | None
    changes: dict[str, tuple[object, object]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        row = self.held.row
        about = f"The {METRICS[Metric(row.metric)]} of {self.ticket.number}"
        customer = self.ticket.tenant_name
        if self.moment == "breach":
            return f"{about} ({customer}) is overdue."
        left = remaining(self.held.clock, self.at, self.held.calendar)
        return f"{about} ({customer}) is due: {roughly(max(left, 0))} of open hours left."


def escalate(case: Escalation) -> None:
    """Take the steps of the level for this moment, each once, and record what they changed."""
    prefix = f"{case.moment}:"
    wanted = [each for each in case.held.terms.escalations if each.startswith(prefix)]
    steps = [each.removeprefix(prefix) for each in wanted]
    done = [each for each in steps if _take(case, each)]
    if not set(done) - QUIET:
        return
    record(
        Action.TICKET_ESCALATED,
        by=SYSTEM,
        target=target_of_ticket(case.ticket),
        tenant_id=case.ticket.tenant_id,
        changes=case.changes,
        meta={"moment": case.moment, "metric": case.held.row.metric, "steps": done},
    )


def _take(case: Escalation, step: str) -> bool:
    verb, _, tag = step.partition(":")
    return _add_tag(case, tag) if verb == "tag" else STEPS[verb](case)


def _notify_assignee(case: Escalation) -> bool:
    return _notify(case, case.ticket.assignee_id)


def _notify_lead(case: Escalation) -> bool:
    return _notify(case, case.lead_id)


def _notify(case: Escalation, admin_id: int | None) -> bool:
    if admin_id is None:
        return False
    url = f"/support/tickets/{case.ticket.number}"
    notify(admin_id=admin_id, kind=f"sla_{case.moment}", text=case.text, url=url)
    return True


def _add_tag(case: Escalation, tag: str) -> bool:
    ticket = case.ticket
    if tag in ticket.tags:
        return False
    old, new = list(ticket.tags), [*ticket.tags, tag]
    added = insert_into(TicketTag).values(ticket_id=ticket.id, tag=tag)
    db.session.execute(added.on_conflict_do_nothing())
    ticket.tags = new
    _note(case, "tags", " ".join(old), " ".join(new))
    clocks.terms_changed(ticket, case.at)
    return True


def _raise_priority(case: Escalation) -> bool:
    """Not for a breach that came with another target: raising would bring the next one."""
    order, ticket = list(Priority), case.ticket
    place = order.index(Priority(ticket.priority))
    if case.held.row.breach_reason == TARGET_CHANGED or place == len(order) - 1:
        return False
    old, ticket.priority = ticket.priority, order[place + 1].value
    _note(case, "priority", old, ticket.priority)
    clocks.terms_changed(ticket, case.at)
    return True


def _unassign(case: Escalation) -> bool:
    ticket = case.ticket
    if ticket.assignee_id is None:
        return False
    old = ticket.assignee_name or ""
    ticket.assignee_id = ticket.assignee_name = None
    _note(case, "assigned", old, None)
    return True


def _note(case: Escalation, kind: str, old: str, new: str | None) -> None:
    case.ticket.version += 1
    case.changes[kind] = (old, new)
    note_event(case.ticket, kind, by=SYSTEM, old=old, new=new, cause=CAUSE, at=case.at)


STEPS: Mapping[str, Callable[[Escalation], bool]] = {
    "notify_assignee": _notify_assignee,
    "notify_lead": _notify_lead,
    "raise_priority": _raise_priority,
    "unassign": _unassign,
}
