"""What a customer thought of a solution: asked by one signed link, answered by a press."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.text import nfc
from portal.customers.scopes import USER_TOKEN_PERMISSIONS
from portal.staff.notices import notify
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportMessage, SupportTicket, TicketRating
from portal.support.seeing import lock_ticket
from portal.support.words import AuthorType, MessageKind, Status

OPEN_FOR = timedelta(days=30)
LONGEST_COMMENT = 1000
SCORES = {3: "Good", 2: "Fair", 1: "Bad"}
NOT_ASKED = frozenset({Status.SPAM, Status.MERGED, Status.DELETED})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class RatingGone(DomainError):
    """Expired, of a ticket that is gone, or never sent: all get the same answer."""

    status = 410
    code = "gone"
    title = "This link no longer works"


class BadRating(DomainError):
    """No choice, or a comment that is too long."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One solve of one ticket, as its link names it."""

    ticket: SupportTicket
    solved_at: datetime


def is_worth_rating(ticket: SupportTicket) -> bool:
    """One of our people has answered publicly."""
    answers = sa.exists().where(*_answers(ticket))
    return bool(db.session.scalar(sa.select(answers)))


def _answers(ticket: SupportTicket) -> list[sa.ColumnElement[bool]]:
    return [
        SupportMessage.ticket_id == ticket.id,
        SupportMessage.kind == MessageKind.PUBLIC,
        SupportMessage.author_type == AuthorType.AGENT,
    ]


def rating_token(ticket: SupportTicket) -> str:
    """Names the ticket and when it was solved; whoever has it may rate that solution."""
    assert ticket.solved_at is not None  # noqa: S101 - asked for once it is solved
    return _signer().dumps([ticket.id, (ticket.solved_at - EPOCH) // MICROSECOND])


def _signer() -> URLSafeSerializer:
    secrets = [*reversed(settings().secret_key_fallbacks), settings().secret_key]
    return URLSafeSerializer(secrets, salt="portal.support.rating")


def open_rating(token: str) -> Solution:
    """What the link is about. Changes nothing, as mail scanners open every address they see.

    Raises:
        RatingGone: see the class.
    """
    try:
        ticket_id, microseconds = _signer().loads(token)
    except BadData as error:
        raise _gone() from error
    solved_at = EPOCH + microseconds * MICROSECOND
    ticket = db.session.get(SupportTicket, ticket_id)
    if ticket is None or ticket.status in NOT_ASKED or clock.now() >= solved_at + OPEN_FOR:
        raise _gone()
    return Solution(ticket, solved_at)


def _gone() -> RatingGone:
    return RatingGone("It has expired. Thank you all the same: just write to us.")


def rate(*, token: str, score: int, comment: str = "") -> TicketRating:
    """The requester's answer about one solution. Another one within the 30 days replaces it.

    Whoever has the link answers in the requester's name, as with any mailed link.

    Raises:
        RatingGone: see the class.
        BadRating: see the class.
    """
    words = _checked(score, comment)
    solution = open_rating(token)
    ticket = lock_ticket(solution.ticket)
    by = _requester(ticket)
    found, now = _rating_at(solution), clock.now()
    if found is not None and (found.score, found.comment) == (score, words):
        return found
    old = found.score if found else None
    if found is None:
        found = TicketRating(
            ticket_id=ticket.id, solved_at=solution.solved_at, agent_id=_answered_by(solution)
        )
        db.session.add(found)
    found.score, found.comment, found.rated_at = score, words, now
    ticket.version += 1
    note_event(ticket, "rated", by=by, old=SCORES.get(old or 0), new=SCORES[score], at=now)
    if score == 1 and old != 1 and found.agent_id is not None:
        text = f"The customer was not happy with the answer to {ticket.number}."
        url = f"/support/tickets/{ticket.number}"
        notify(admin_id=found.agent_id, kind="ticket_rated", text=text, url=url)
    record(
        Action.TICKET_RATED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"score": (old, score)},
    )
    db.session.flush()
    return found


def _checked(score: int, comment: str) -> str:
    if score not in SCORES:
        raise BadRating("Choose one of the three.", field="score")
    words = nfc(comment.replace("\x00", "")).strip()
    if len(words) > LONGEST_COMMENT:
        raise BadRating(f"Use at most {LONGEST_COMMENT:,} characters.", field="comment")
    return words


def _requester(ticket: SupportTicket) -> Actor:
    label = f"user {ticket.requester_id}"
    return Actor(ActorType.CUSTOMER, ticket.requester_id, label, None, USER_TOKEN_PERMISSIONS)


def _rating_at(solution: Solution) -> TicketRating | None:
    query = sa.select(TicketRating).filter_by(
        ticket_id=solution.ticket.id, solved_at=solution.solved_at
    )
    return db.session.scalar(query)


def _answered_by(solution: Solution) -> int | None:
    """Whose answer was the last one before it was solved; it may be somebody else's ticket now."""
    query = (
        sa.select(SupportMessage.author_admin_id)
        .where(*_answers(solution.ticket), SupportMessage.created_at <= solution.solved_at)
        .order_by(SupportMessage.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def given(token: str) -> TicketRating | None:
    """What was answered by this link before."""
    return _rating_at(open_rating(token))
