"""Deciding on goodwill that somebody may not give alone: another person does."""

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Conflict, Denied
from portal.core.permissions import Permission
from portal.staff.notices import notify
from portal.support.goodwill_budgets import count_for_tenant, month_of
from portal.support.goodwill_words import GestureStatus
from portal.support.goodwill_writing import check_ticket, do_it, locked, tell
from portal.support.models import GoodwillGesture, SupportTicket
from portal.support.names import name_of, name_of_person
from portal.support.suggesting import suggest

DECIDED = "goodwill.decided"


class NotWaiting(Conflict):
    """Nobody asked, or somebody decided before."""


class OwnRequest(Denied):
    """Whoever asks does not decide."""


def approve(*, by: Actor, gesture_id: int, reason: str | None = None) -> GoodwillGesture:
    """Give what somebody else asked for, and put the sentence into their reply.

    It counts for the tenant, however much that is, and for nobody's own budget.

    Raises:
        Denied: this person does not decide (403).
        OwnRequest, NotWaiting, NoGoodwillHere: see the classes.
        DomainError: as the deed of the kind says.
    """
    row, ticket = _waiting(by, gesture_id)
    check_ticket(ticket)
    row.month = month_of(clock.now())
    count_for_tenant(tenant_id=row.tenant_id, cents=row.value_cents, month=row.month)
    do_it(by, ticket, row)
    words = f"{name_of(by)} approved {row.summary}, as {_asker(row)} asked."
    _decided(Action.GOODWILL_APPROVED, words, by, ticket, row, reason)
    if row.requested_by is not None and row.sentence:
        suggest(admin_id=row.requested_by, ticket=ticket, text=row.sentence)
    return row


def reject(*, by: Actor, gesture_id: int, reason: str | None = None) -> GoodwillGesture:
    """Give nothing of what somebody else asked for; raises as `approve`."""
    row, ticket = _waiting(by, gesture_id)
    row.status = GestureStatus.REJECTED
    words = f"{name_of(by)} does not allow {row.summary}, as {_asker(row)} asked."
    _decided(Action.GOODWILL_REJECTED, words, by, ticket, row, reason)
    return row


def _asker(row: GoodwillGesture) -> str:
    return name_of_person(row.requested_by, row.requested_by_label)


def may_decide(by: Actor, row: GoodwillGesture) -> bool:
    """Does it wait for a person like this one, who did not ask for it?"""
    is_waiting = row.status == GestureStatus.AWAITING_APPROVAL
    return is_waiting and by.may(Permission.GOODWILL_APPROVE) and by.id != row.requested_by


def _waiting(by: Actor, gesture_id: int) -> tuple[GoodwillGesture, SupportTicket]:
    if not by.may(Permission.GOODWILL_APPROVE):
        raise Denied("You may not decide on goodwill. Ask a manager.")
    row, ticket = locked(gesture_id)
    if row.status != GestureStatus.AWAITING_APPROVAL:
        raise NotWaiting("It does not wait for approval.")
    if row.requested_by is not None and row.requested_by == by.id:
        raise OwnRequest("You asked for this yourself: somebody else decides.")
    return row, ticket


def _decided(
    action: Action,
    words: str,
    by: Actor,
    ticket: SupportTicket,
    row: GoodwillGesture,
    reason: str | None,
) -> None:
    row.decided_by, row.decided_by_label, row.decided_at = by.id, by.label, clock.now()
    tell(action, f"{words} {reason or ''}".strip(), by=by, ticket=ticket, row=row, reason=reason)
    if row.requested_by is not None:
        url = f"/support/tickets/{ticket.number}"
        notify(admin_id=row.requested_by, kind=DECIDED, text=f"{ticket.number}: {words}", url=url)
