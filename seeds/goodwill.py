"""What the demo company made good: `coupon 10: why`, `feature name 7: why` and their like."""

from collections.abc import Callable

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import db
from portal.support.goodwill import ask, give
from portal.support.goodwill_deciding import approve, reject
from portal.support.goodwill_terms import OF_A_FEATURE, REACHES, Wanted
from portal.support.goodwill_words import GestureKind, GestureStatus
from portal.support.models import GoodwillGesture, SupportTicket
from seeds.ticket_stories import APPROVES, ASKS, MAKES_GOOD, REJECTS

BEGINS: dict[str, Callable[..., GoodwillGesture]] = {MAKES_GOOD: give, ASKS: ask}
ENDS: dict[str, Callable[..., GoodwillGesture]] = {APPROVES: approve, REJECTS: reject}


def gesture(*, by: Actor, ticket: SupportTicket, what: str, text: str) -> None:
    """Give it, ask for it, or decide on what waits in this ticket."""
    if what in BEGINS:
        said, _, reason = text.partition(": ")
        BEGINS[what](by=by, ticket=ticket, wanted=wanted(said), reason=reason)
        return
    waits = (
        GoodwillGesture.ticket_id == ticket.id,
        GoodwillGesture.status == GestureStatus.AWAITING_APPROVAL,
    )
    for gesture_id in db.session.scalars(sa.select(GoodwillGesture.id).where(*waits)).all():
        ENDS[what](by=by, gesture_id=gesture_id, reason=text)


def wanted(said: str) -> Wanted:
    """A kind, the feature where it is of one, and how many percent, days or uses."""
    name, *words = said.split()
    kind = GestureKind(name)
    feature = words.pop(0) if kind in OF_A_FEATURE else None
    return Wanted(kind, feature_name=feature, **{REACHES[kind]: int(words[0])})
