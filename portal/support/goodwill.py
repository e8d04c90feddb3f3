"""Making something good from a ticket: giving it, asking somebody else for it, taking it back.

One transaction holds the gesture, what it gives, what it takes of the budgets, the note in the
ticket and the events of all of them.
"""

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.currencies import price_text
from portal.core.database import db
from portal.core.errors import Conflict, Denied
from portal.core.money import WHOLE
from portal.core.permissions import Permission
from portal.core.text import is_blank
from portal.support.goodwill_asking import call_deciders
from portal.support.goodwill_budgets import Owner, give_back, limits_of, spend
from portal.support.goodwill_kinds import undo
from portal.support.goodwill_terms import BadGesture, Wanted, beyond_alone
from portal.support.goodwill_words import GestureStatus
from portal.support.goodwill_writing import begun, do_it, locked, tell, why
from portal.support.models import GoodwillGesture, SupportTicket
from portal.support.names import name_of


class NeedsApproval(Denied):
    """More than somebody gives alone; the message names each limit that is passed."""

    title = "Somebody else has to approve this"
    is_attempt = False


class NothingToWithdraw(Conflict):
    """It neither is given nor waits."""


def give(
    *, by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str, submit_key: str | None = None
) -> GoodwillGesture:
    """Give it at once, of the person's own budget.

    Raises:
        BadGesture: something is missing or out of range (422).
        NeedsApproval, OverBudget: nobody gives so much alone (403); see `ask`.
        NoGoodwillHere, GivenBefore, NoTrial, TrialIsLong: see the classes (409).
        DomainError: as the deed of the kind says.
    """
    row = begun(by, ticket, wanted, reason, submit_key)
    giver, cents = row.requested_by or 0, row.value_cents
    limits = limits_of(giver)
    refuse_beyond(beyond(wanted, cents, limits.cap_cents, row.currency))
    spend(
        admin_id=giver,
        tenant_id=row.tenant_id,
        cents=cents,
        month=row.month,
        limits=limits,
        currency=row.currency,
    )
    row.spent_cents = cents
    do_it(by, ticket, row)
    words = f"{name_of(by)} made it good with {row.summary}."
    tell(Action.GOODWILL_GIVEN, words, by=by, ticket=ticket, row=row)
    return row


def beyond(wanted: Wanted, cents: int, cap_cents: int, currency: str) -> list[str]:
    """The limits of one gesture that it passes, in words."""
    passed = beyond_alone(wanted)
    if cents > cap_cents:
        passed.append(f"it is worth more than {price_text(cap_cents, currency)}")
    return passed


def refuse_beyond(passed: list[str]) -> None:
    """
    Raises:
        NeedsApproval: see the class.
    """
    if passed:
        words = ", and ".join(passed)
        raise NeedsApproval(f"You cannot give this alone: {words}. Ask for approval.")


def ask(
    *, by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str, submit_key: str | None = None
) -> GoodwillGesture:
    """Have somebody else decide. Nothing is given, and nothing of a budget spent, until then.

    Raises:
        BadGesture: also where no reason is given (422). Else as `give`, but for its limits.
    """
    if is_blank(reason):
        raise BadGesture("Say why: somebody else decides by it.", field="reason")
    row = begun(by, ticket, wanted, reason, submit_key)
    row.status = GestureStatus.AWAITING_APPROVAL
    db.session.add(row)
    db.session.flush()
    words = f"{name_of(by)} asks to make it good with {row.summary}."
    tell(Action.GOODWILL_REQUESTED, words, by=by, ticket=ticket, row=row)
    call_deciders(row, f"{ticket.number} of {ticket.tenant_name}: {words}")
    return row


def withdraw(*, by: Actor, gesture_id: int, reason: str | None = None) -> GoodwillGesture:
    """Take it back, as far as nobody used it; the budgets get the unused part back.

    Raises:
        Denied: it is somebody else's, and this person decides on none (403).
        NothingToWithdraw, CannotWithdraw: see the classes (409).
        DomainError: as the deed of the kind says.
    """
    row, ticket = locked(gesture_id)
    if not may_withdraw(by, row):
        raise Denied("You may only take back what you gave or asked for yourself.")
    if row.status not in {GestureStatus.GIVEN, GestureStatus.AWAITING_APPROVAL}:
        label = GestureStatus(row.status).label.lower()
        raise NothingToWithdraw(f"It is {label}: there is nothing to take back.")
    if row.status == GestureStatus.GIVEN:
        unused = undo(by=by, gesture=row, reason=why(ticket, reason or "taken back"))
        _give_back(row, unused)
    row.status = GestureStatus.WITHDRAWN
    row.decided_by, row.decided_by_label, row.decided_at = by.id, by.label, clock.now()
    words = f"{name_of(by)} took {row.summary} back."
    tell(Action.GOODWILL_WITHDRAWN, words, by=by, ticket=ticket, row=row, reason=reason)
    return row


def may_withdraw(by: Actor, row: GoodwillGesture) -> bool:
    """Their own, or as somebody who decides. Whether it still can be is another question."""
    is_own = by.type is ActorType.ADMIN and by.id == row.requested_by
    return by.may(Permission.GOODWILL_APPROVE) or (is_own and by.may(Permission.GOODWILL_GIVE))


def _give_back(row: GoodwillGesture, unused: int) -> None:
    """To the budgets of the month that it was taken of; rounded down, never more than it took."""
    of_agent, of_tenant = (cents * unused // WHOLE for cents in (row.spent_cents, row.value_cents))
    if row.requested_by is not None and of_agent:
        give_back(Owner.AGENT, row.requested_by, cents=of_agent, month=row.month)
    give_back(Owner.TENANT, row.tenant_id, cents=of_tenant, month=row.month)
    row.spent_cents -= of_agent
