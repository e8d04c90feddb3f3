"""Goodwill that waits for a decision, in short."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from portal.core.quick import Quick
from portal.support.goodwill_words import GestureStatus
from portal.support.models import GoodwillGesture

_gesture = GoodwillGesture.__table__.c


class AskedGesture(NamedTuple):
    """A gesture that somebody asks for; `by` is how the ledger names them."""

    id: int
    summary: str
    requested_by: int | None
    by: str
    created_at: datetime


def gestures_asked_for(*, few: int) -> list[AskedGesture]:
    """The oldest first. One statement."""
    return [AskedGesture(*row) for row in _asked().rows(few=few)]


@cache
def _asked() -> Quick:
    query = sa.select(
        _gesture.id,
        _gesture.summary,
        _gesture.requested_by,
        _gesture.requested_by_label,
        _gesture.created_at,
    ).where(_gesture.status == GestureStatus.AWAITING_APPROVAL)
    return Quick(query.order_by(_gesture.id).limit(sa.bindparam("few", type_=sa.Integer)))
