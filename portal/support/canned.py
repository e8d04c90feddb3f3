"""Prepared answers: texts that are written often, a person's own and everybody's."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.staff.identity import checked_name
from portal.support.bodies import checked_body
from portal.support.filling import check_variables, filled_text
from portal.support.models import CannedReply, SupportTicket
from portal.support.names import name_of
from portal.web.paging import ListPage, page_of

LONGEST_NAME = 80
MOST_OFFERED = 30
_canned = CannedReply.__table__.c


class NotYourAnswer(Denied):
    """Answers of everybody are changed by whoever manages the desk."""


class AnswerRow(NamedTuple):
    """One row of the list, ready to be drawn."""

    id: int
    name: str
    body: str
    owner_id: int | None
    changed_at: object
    changed_by_label: str


class Offered(NamedTuple):
    """An answer that can be put into the composer: its text is filled in for the ticket."""

    id: int
    name: str
    text: str
    is_shared: bool


def seen_answers(by: Actor) -> sa.ColumnElement[bool]:
    """The answers that this person may use: their own and everybody's."""
    mine = sa.or_(_canned.owner_id.is_(None), _canned.owner_id == by.id)
    return sa.and_(mine, _canned.archived_at.is_(None))


def answers_list(by: Actor, *, search: str = "", cursor: str | None = None) -> ListPage[AnswerRow]:
    """By name, those whose name or text holds the words."""
    columns = [_canned[name] for name in AnswerRow._fields]
    query = sa.select(*columns).where(seen_answers(by))
    for word in search.split()[:10]:
        found = (column.icontains(word, autoescape=True) for column in (_canned.name, _canned.body))
        query = query.where(sa.or_(*found))
    query = query.order_by(_canned.name, _canned.id)
    return page_of(query, lambda row: AnswerRow(*row), cursor=cursor)


def answer_or_404(by: Actor, answer_id: int, *, lock: bool = False) -> CannedReply:
    """
    Raises:
        NotFound: there is none that this person may use.
    """
    query = sa.select(CannedReply).where(CannedReply.id == answer_id, seen_answers(by))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("There is no such answer.")
    return found


def check_may_change(by: Actor, owner_id: int | None) -> None:
    """
    Raises:
        NotYourAnswer: see the class.
    """
    if owner_id is None and not by.may(Permission.SUPPORT_MANAGE):
        raise NotYourAnswer("Answers of everybody are kept by managers. Save one of your own.")


def create_answer(*, by: Actor, name: str, body: str, is_shared: bool = False) -> CannedReply:
    """A new answer, of this person alone or of everybody.

    Raises:
        BadName, BadBody, UnknownVariable: what was given (422).
        NotYourAnswer: see the class (403).
    """
    owner_id = None if is_shared else by.id
    check_may_change(by, owner_id)
    return _saved(by, CannedReply(owner_id=owner_id, version=0), name, body)


def change_answer(*, by: Actor, answer_id: int, name: str, body: str, version: int) -> CannedReply:
    """Another name or text, if nobody saved it since `version`.

    Raises:
        Stale: somebody saved it since (409). Else as `create_answer`.
    """
    answer = answer_or_404(by, answer_id, lock=True)
    check_may_change(by, answer.owner_id)
    if answer.version != version:
        raise Stale(
            f"{answer.changed_by_label} saved this answer meanwhile. Yours was not saved.",
            present=answer.version,
        )
    return _saved(by, answer, name, body)


def _saved(by: Actor, answer: CannedReply, name: str, body: str) -> CannedReply:
    answer.name = checked_name(
        name, longest=LONGEST_NAME, missing="Write what this answer is called."
    )
    answer.body = checked_body(body)
    check_variables(answer.body)
    answer.version += 1
    answer.changed_at, answer.changed_by_label = clock.now(), by.label
    db.session.add(answer)
    db.session.flush()
    meta = {"is_shared": answer.owner_id is None, "version": answer.version}
    record(Action.CANNED_REPLY_SAVED, by=by, target=_target(answer), meta=meta)
    return answer


def archive_answer(*, by: Actor, answer_id: int) -> CannedReply:
    """Take it out of every list. What was sent with it stays as it is.

    Raises:
        NotYourAnswer, NotFound: see the classes.
    """
    answer = answer_or_404(by, answer_id, lock=True)
    check_may_change(by, answer.owner_id)
    answer.archived_at = clock.now()
    record(Action.CANNED_REPLY_ARCHIVED, by=by, target=_target(answer))
    return answer


def offered(*, by: Actor, ticket: SupportTicket, search: str = "") -> Sequence[Offered]:
    """The answers by name that fit what was typed, filled in for this ticket."""
    query = sa.select(_canned.id, _canned.name, _canned.body, _canned.owner_id)
    query = query.where(seen_answers(by))
    for word in search.split()[:10]:
        query = query.where(_canned.name.icontains(word, autoescape=True))
    rows = db.session.execute(query.order_by(_canned.name, _canned.id).limit(MOST_OFFERED)).all()
    name = name_of(by) if rows else ""
    return [
        Offered(row.id, row.name, filled_text(row.body, ticket, agent_name=name), not row.owner_id)
        for row in rows
    ]


def filled(answer_id: int, ticket: SupportTicket, by: Actor) -> str:
    """The text of one answer for this ticket.

    Raises:
        NotFound: there is none that this person may use.
    """
    answer = answer_or_404(by, answer_id)
    return filled_text(answer.body, ticket, agent_name=name_of(by))


def _target(answer: CannedReply) -> Target:
    return Target("canned_reply", answer.id, answer.name)
