"""How far the log is sealed and verified, and where one event stands in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.models import Leaf, SignedTree, Verification
from portal.audit.verifying.report import Ending
from portal.core.database import db
from portal.core.quick import Quick

_leaf, _tree, _check = Leaf.__table__.c, SignedTree.__table__.c, Verification.__table__.c


@dataclass(frozen=True, slots=True)
class Standing:
    """The last checkpoint and the last verification; None where there was none yet."""

    sealed_size: int | None
    sealed_at: datetime | None
    key_id: str | None
    verified_size: int | None
    verified_at: datetime | None
    exit_code: int | None

    @property
    def is_verified(self) -> bool:
        return self.exit_code == Ending.WHOLE

    @property
    def is_tampered(self) -> bool:
        return self.exit_code == Ending.TAMPERED


def last_of_each() -> sa.Select[Any]:
    """One row: the columns of `Standing`."""
    sealed = (
        sa.select(_tree.tree_size, _tree.created_at, _tree.key_id)
        .order_by(_tree.tree_size.desc())
        .limit(1)
        .subquery()
    )
    checked = (
        sa.select(_check.tree_size, _check.finished_at, _check.exit_code)
        .order_by(_check.id.desc())
        .limit(1)
        .subquery()
    )
    one = sa.select(sa.literal(1).label("one")).subquery()
    both = one.outerjoin(sealed, sa.true()).outerjoin(checked, sa.true())
    return sa.select(
        sealed.c.tree_size.label("sealed_size"),
        sealed.c.created_at.label("sealed_at"),
        sealed.c.key_id,
        checked.c.tree_size.label("verified_size"),
        checked.c.finished_at.label("verified_at"),
        checked.c.exit_code,
    ).select_from(both)


_LAST = Quick(last_of_each())


def standing() -> Standing:
    """One statement."""
    return Standing(*_LAST.row())


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Which leaf an event is, and the first checkpoint that covers it, if there is one."""

    leaf_index: int
    tree_size: int | None
    sealed_at: datetime | None
    key_id: str | None


def place_of(event_id: str) -> EventPlace | None:
    """None while the event waits for its leaf. One statement."""
    later = SignedTree.__table__.alias("later")
    covering = (
        sa.select(sa.func.min(later.c.tree_size))
        .where(later.c.tree_size > _leaf.leaf_index)
        .scalar_subquery()
    )
    query = (
        sa.select(_leaf.leaf_index, _tree.tree_size, _tree.created_at, _tree.key_id)
        .select_from(Leaf.__table__.outerjoin(SignedTree.__table__, _tree.tree_size == covering))
        .where(_leaf.event_id == event_id)
    )
    row = db.session.execute(query).one_or_none()
    return None if row is None else EventPlace(*row)
