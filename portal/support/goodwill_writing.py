"""What every deed of goodwill does with a gesture's row: begin it, lock it, fill it in, tell of it.

The tenant's row is locked first, then the ticket, then the gesture: as by whoever grants from a
ticket.
"""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.things import register_thing
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Plan
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.permissions import Permission
from portal.core.text import one_line
from portal.customers.tenants import raise_version
from portal.subscriptions.stays import gives_access, lasting_stay
from portal.support.goodwill_budgets import month_of
from portal.support.goodwill_kinds import check_possible, do, summary_of
from portal.support.goodwill_terms import LONGEST_REASON, BadGesture, Wanted, check_wanted
from portal.support.goodwill_values import currency_of, value_of
from portal.support.goodwill_words import GestureStatus
from portal.support.history import note_event
from portal.support.merging import live_ticket
from portal.support.models import GoodwillGesture, SupportTicket
from portal.support.names import PORTAL
from portal.support.seeing import lock_ticket
from portal.support.thread import add_message
from portal.support.ticket_grants import CAUSE, NOT_FOR, requester_of
from portal.support.words import AuthorType, MessageKind, Status

LONGEST_SUMMARY = 200
GESTURE = "goodwill"

register_thing(GESTURE, permission=Permission.TICKETS_VIEW, path="/support/goodwill/")


class NoGoodwillHere(Conflict):
    """From a ticket in this state, or to somebody who was erased, nothing is given."""


class GivenBefore(Conflict):
    """The same form was sent before, and did it."""


def target_of_gesture(row: GoodwillGesture) -> Target:
    return Target(GESTURE, row.id, row.summary)


def worth_of(ticket: SupportTicket, wanted: Wanted) -> int:
    """By the plan that its tenant is on now."""
    stay, catalog = lasting_stay(ticket.tenant_id), catalog_now()
    plan: Plan | None = catalog.fallback_plan
    if stay is not None and gives_access(stay, clock.now()):
        plan = catalog.plans.get(stay.plan_id) or plan
    return value_of(wanted, plan, catalog)


def begun(
    by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str, submit_key: str | None
) -> GoodwillGesture:
    """The row of a wish that is in order, not stored yet.

    Raises:
        BadGesture: something is missing or out of range (422).
        Denied: this person makes nothing good (403).
        NoGoodwillHere, GivenBefore, NoTrial, TrialIsLong: see the classes (409).
    """
    if by.type is not ActorType.ADMIN or not by.may(Permission.GOODWILL_GIVE):
        raise Denied("You may not make something good from a ticket.")
    check_wanted(wanted)
    text = one_line(reason)
    if len(text) > LONGEST_REASON:
        raise BadGesture(f"Keep the reason to {LONGEST_REASON} characters.", field="reason")
    raise_version(ticket.tenant_id)
    lock_ticket(ticket)
    check_ticket(ticket)
    _check_once(ticket, submit_key)
    check_possible(ticket, wanted)
    now = clock.now()
    return GoodwillGesture(
        ticket_id=ticket.id,
        tenant_id=ticket.tenant_id,
        user_id=ticket.requester_id,
        kind=wanted.kind.value,
        terms=wanted.terms(),
        summary=summary_of(wanted)[:LONGEST_SUMMARY],
        value_cents=worth_of(ticket, wanted),
        spent_cents=0,
        currency=currency_of(catalog_now()),
        month=month_of(now),
        reason=text,
        submit_key=submit_key,
        requested_by=by.id,
        requested_by_label=by.label,
        created_at=now,
    )


def check_ticket(ticket: SupportTicket) -> None:
    """
    Raises:
        NoGoodwillHere: see the class.
    """
    if ticket.status in NOT_FOR:
        label = Status(ticket.status).label.lower()
        raise NoGoodwillHere(f"This ticket is {label}: nothing is given from it.")
    if requester_of(ticket).erased_at is not None:
        raise NoGoodwillHere("This person was erased: nothing can be given to them.")


def _check_once(ticket: SupportTicket, submit_key: str | None) -> None:
    """The ticket is locked, so a twin has committed."""
    twin = sa.select(GoodwillGesture.id).filter_by(ticket_id=ticket.id, submit_key=submit_key)
    if submit_key is not None and db.session.scalar(twin) is not None:
        raise GivenBefore("This was done already.")


def gesture_or_404(gesture_id: int) -> GoodwillGesture:
    """
    Raises:
        NotFound: there is none.
    """
    found = db.session.get(GoodwillGesture, gesture_id)
    if found is None:
        raise NotFound("There is no such gesture.")
    return found


def ticket_of(row: GoodwillGesture) -> SupportTicket:
    """Where its ticket's conversation goes on; of one that leads nowhere, itself."""
    own = db.session.get_one(SupportTicket, row.ticket_id)
    return live_ticket(own) or own


def locked(gesture_id: int) -> tuple[GoodwillGesture, SupportTicket]:
    """The gesture and the ticket that it belongs to now, as they are until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    row = gesture_or_404(gesture_id)
    raise_version(row.tenant_id)
    ticket = lock_ticket(ticket_of(row))
    db.session.refresh(row, with_for_update=True)
    return row, ticket


def do_it(by: Actor, ticket: SupportTicket, row: GoodwillGesture) -> None:
    """Give what the row says, and store what was made of it.

    Raises:
        DomainError: as the deed of the kind says.
    """
    wanted = Wanted.of(row.kind, row.terms)
    done = do(by=by, ticket=ticket, wanted=wanted, reason=why(ticket, row.reason))
    row.status, row.sentence = GestureStatus.GIVEN, done.sentence
    row.target_type, row.target_id = done.target_type, done.target_id
    row.target_label, row.since, row.until = done.target_label[:80], done.since, done.until
    db.session.add(row)
    db.session.flush()


def why(ticket: SupportTicket, reason: str) -> str:
    """The reason that other rooms keep begins with the ticket's number, which finds them all."""
    return f"{ticket.number}: {reason or 'to make it good'}"


def tell(
    action: Action,
    words: str,
    *,
    by: Actor,
    ticket: SupportTicket,
    row: GoodwillGesture,
    reason: str | None = None,
) -> None:
    """In the thread for our own people, in the ticket's history, and in the log."""
    add_message(
        ticket,
        kind=MessageKind.SYSTEM,
        author=AuthorType.SYSTEM,
        body=f"{words}\n{settings().base_url}/support/goodwill/{row.id}",
        at=clock.now(),
        author_name=PORTAL,
    )
    note_event(ticket, action.value.replace(".", "_"), by=by, new=row.summary)
    meta: dict[str, object] = {
        "cause_type": CAUSE,
        "cause_id": ticket.number,
        "kind": row.kind,
        "value_cents": row.value_cents,
        "spent_cents": row.spent_cents,
        "currency": row.currency,
    }
    if row.target_type is not None:
        meta |= {"gave": row.target_type, "gave_id": row.target_id}
    record(
        action,
        by=by,
        target=target_of_gesture(row),
        tenant_id=row.tenant_id,
        reason=why(ticket, reason or row.reason),
        changes={"status": (None, row.status)},
        meta=meta,
    )
