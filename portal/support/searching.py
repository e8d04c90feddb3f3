"""Finding tickets by their words, the best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from portal.core.actor import Actor
from portal.core.database import db
from portal.support.filter_language import Filter, Words
from portal.support.filtering import Looking, condition_of
from portal.support.models import SupportMessage, SupportTicket
from portal.support.orders import order_of
from portal.support.seeing import messages_seen_by, seen_by
from portal.support.snippets import snippet_of
from portal.support.text_matching import (
    HEADS,
    MESSAGES,
    index,
    matches,
    question,
    rank,
    says_beside,
    terms_of,
)
from portal.support.words import MessageKind

PER_PAGE = 25
MOST_PLACES = 400
"""So many places are ranked; whoever wants more of them narrows the question."""
NEWEST = 2_000
"""Of a word that stands everywhere, so many of the newest messages and subjects are looked at."""
HEAD_COUNTS = 3.0
"""A word in a subject says more than one in a message."""

_ticket, _message = SupportTicket.__table__.c, SupportMessage.__table__.c


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket, and where in it the words stand best."""

    number: str
    subject: Markup
    status: str
    tenant_name: str
    requester_name: str
    last_message_at: datetime
    snippet: Markup
    is_internal: bool


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found."""

    items: list[Found]
    page: int
    has_more: bool
    is_cut: bool
    """There are more places than were ranked."""
    is_sorted: bool = False
    """They stand in the order that was asked for, those that were ranked."""


def search(*, by: Actor, asked: Filter, looking: Looking, page: int = 1) -> Results:
    """Tickets that fit the filter, ranked by its words unless it asks for another order.

    The permission is part of the query.

    A filter without words finds nothing here: that is what the queues are for.
    """
    said = [part.text for part in asked.parts if isinstance(part, Words) and not part.is_not]
    rows = [terms for terms in map(terms_of, said) if terms]
    if not rows:
        return Results([], 1, has_more=False, is_cut=False)
    fits = sa.and_(seen_by(by), condition_of(asked, looking, words=says_beside(said)))
    places = _places(question(rows), fits, by)
    best: dict[int, Any] = {}
    for place in places:
        best.setdefault(place.ticket_id, place)
    ids = _in_order(list(best), asked)[(page - 1) * PER_PAGE : page * PER_PAGE]
    items = _drawn(ids, best, [term for terms in rows for term in terms])
    return Results(
        items,
        page,
        has_more=len(best) > page * PER_PAGE,
        is_cut=len(places) >= MOST_PLACES,
        is_sorted=asked.sort is not None,
    )


def _in_order(ids: list[int], asked: Filter) -> Sequence[int]:
    if asked.sort is None:
        return ids
    query = sa.select(_ticket.id).where(_ticket.id.in_(ids))
    return db.session.scalars(query.order_by(*order_of(asked).columns())).all()


def _places(asked: str, fits: sa.ColumnElement[bool], by: Actor) -> Sequence[Any]:
    ranked = sa.union_all(_in_heads(asked, fits), _in_messages(asked, fits, by)).subquery()
    query = sa.select(ranked).order_by(ranked.c.score, ranked.c.ticket_id.desc())
    return db.session.execute(query.limit(MOST_PLACES)).all()


def _in_heads(asked: str, fits: sa.ColumnElement[bool]) -> sa.Select[Any]:
    ranked = _newest(HEADS, asked)
    found = (
        sa.select(
            _ticket.id.label("ticket_id"),
            sa.literal(0).label("message_id"),
            (ranked.c.score * HEAD_COUNTS).label("score"),
        )
        .join(ranked, ranked.c.id == _ticket.id)
        .where(fits)
    )
    return _best(found, ranked.c.score)


def _in_messages(asked: str, fits: sa.ColumnElement[bool], by: Actor) -> sa.Select[Any]:
    ranked = _newest(MESSAGES, asked)
    found = (
        sa.select(_message.ticket_id, _message.id, ranked.c.score)
        .join(ranked, ranked.c.id == _message.id)
        .join(SupportTicket, _ticket.id == _message.ticket_id)
        .where(messages_seen_by(by), fits)
    )
    return _best(found, ranked.c.score)


def _newest(name: str, asked: str) -> sa.Subquery:
    words = index(name)
    newest = (
        sa.select(words.c.id.label("id"), rank(name, asked).label("score"))
        .where(matches(name, asked))
        .order_by(words.c.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    return sa.select(newest).order_by(newest.c.score).subquery()


def _best(found: sa.Select[Any], score: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """In their order, so that no more are asked for the rest than places are wanted."""
    return sa.select(found.order_by(score).limit(MOST_PLACES).subquery())


def _drawn(ids: Sequence[int], best: dict[int, Any], terms: Sequence[str]) -> list[Found]:
    tickets = {
        row.id: row
        for row in db.session.execute(
            sa.select(
                _ticket.id,
                _ticket.number,
                _ticket.subject,
                _ticket.status,
                _ticket.tenant_name,
                _ticket.requester_name,
                _ticket.last_message_at,
                _ticket.last_message_preview,
            ).where(_ticket.id.in_(ids))
        )
    }
    wanted = [best[each].message_id for each in ids]
    texts = {
        row.id: row
        for row in db.session.execute(
            sa.select(_message.id, _message.body, _message.kind).where(_message.id.in_(wanted))
        )
    }
    return [_one(tickets[each], texts.get(best[each].message_id), terms) for each in ids]


def _one(ticket: Any, message: Any, terms: Sequence[str]) -> Found:
    text = message.body if message is not None else ticket.last_message_preview
    return Found(
        number=ticket.number,
        subject=snippet_of(ticket.subject, terms),
        status=ticket.status,
        tenant_name=ticket.tenant_name,
        requester_name=ticket.requester_name,
        last_message_at=ticket.last_message_at,
        snippet=snippet_of(text, terms),
        is_internal=message is not None and message.kind == MessageKind.NOTE,
    )
