"""A person's own trail in plain words: what they did, and what was done to their account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.browsing import body_of
from portal.audit.models import AuditEvent
from portal.audit.telling import told
from portal.audit.words import in_words
from portal.core.actor import ActorType
from portal.core.database import db

RECENT = 10
OF_ONESELF = frozenset(
    {
        Action.SESSION_SUDO_GRANTED,
        Action.SESSION_SUDO_REFUSED,
        Action.PASSWORD_CHANGED,
        Action.PASSWORD_RESET,
        Action.EMAIL_CHANGED,
    }
)
"""Whose sentences speak of "they" and "their", which is "you" here."""
_event = AuditEvent.__table__.c
_COLUMNS = (
    _event.id,
    _event.occurred_at,
    _event.action,
    _event.outcome,
    _event.ip,
    _event.actor_type,
    _event.actor_label,
    _event.canonical,
)


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """One line. What somebody else did is told, but only one's own event may be opened whole."""

    id: str
    occurred_at: datetime
    words: str
    outcome: str
    ip: str | None
    is_own: bool


def own_trail(admin_id: int, zone: ZoneInfo) -> list[OwnEvent]:
    """The ten newest events, by one statement: two indexed reads of ten rows each."""
    is_mine = sa.and_(_event.actor_type == ActorType.ADMIN.value, _event.actor_id == admin_id)
    is_about_me = (_event.target_type == "admin", _event.target_id == str(admin_id))
    is_of_others = sa.or_(_event.actor_id.is_(None), sa.not_(is_mine))
    both = sa.union_all(
        _newest(is_mine, _event.stream.in_(("auth", "admin_login")), is_own=True),
        _newest(*is_about_me, is_of_others, is_own=False),
    )
    found = [_line(row, zone) for row in db.session.execute(both)]
    return sorted(found, key=lambda event: (event.occurred_at, event.id), reverse=True)[:RECENT]


def _newest(*where: sa.ColumnElement[bool], is_own: bool) -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(*_COLUMNS, sa.literal(is_own).label("is_own")).where(*where)
    newest = query.order_by(_event.occurred_at.desc(), _event.id.desc()).limit(RECENT)
    return sa.select(newest.subquery())  # a part of a union has no order of its own


def _line(row: sa.Row[*tuple[Any, ...]], zone: ZoneInfo) -> OwnEvent:
    id_, at, action, outcome, ip, kind, label, canonical, is_own = row
    body = body_of(canonical)
    sentence = told(body, zone) if body else in_words(action)
    words = _to_you(action, sentence) if is_own else f"{_who(kind, label)} {sentence}"
    return OwnEvent(id_, datetime.fromisoformat(at), words, outcome, ip, is_own)


def _to_you(action: str, sentence: str) -> str:
    if action in OF_ONESELF:
        sentence = sentence.replace("they are", "you are", 1).replace("their", "your", 1)
    return f"You {sentence}" if not sentence.startswith("was ") else f"You were {sentence[4:]}"


def _who(kind: str, label: str) -> str:
    """A stranger gave an address, which may be anybody's."""
    return {ActorType.ANONYMOUS.value: "Somebody", ActorType.SYSTEM.value: "The portal"}.get(
        kind, label
    )
