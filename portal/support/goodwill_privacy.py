"""What goodwill holds of one user: what was given to make something good for them.

Of an erased one it keeps what was given and what it was worth, without our words about why.
"""

from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import changed_rows, db
from portal.customers.models import User
from portal.customers.privacy import register_holding
from portal.support.goodwill_words import GestureStatus
from portal.support.models import GoodwillGesture


def _given(user: User) -> Any:
    query = sa.select(GoodwillGesture).where(
        GoodwillGesture.user_id == user.id, GoodwillGesture.status == GestureStatus.GIVEN
    )
    return [
        {"at": timestamp(row.created_at), "what": row.summary, "told": row.sentence}
        for row in db.session.scalars(query.order_by(GoodwillGesture.id))
    ]


def _forget(user: User) -> None:
    own = GoodwillGesture.user_id == user.id
    changed_rows(sa.update(GoodwillGesture).where(own).values(reason=""))


register_holding("goodwill", _given, erase=_forget)
