"""What users were called before: kept until they are erased, to be forgotten with them.

A mail, a filter or the history of a ticket may hold a name or an address that its owner gave up
since. Without this nobody could tell whose it was.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.customers.models import FormerName, User
from portal.customers.naming import address_key


class Called(NamedTuple):
    """A name and the address that went with it."""

    name: str
    email: str
    until: datetime | None = None
    """None: it is theirs."""


def remember_name(user: User) -> None:
    """To be called before the user's name or address changes, under the lock of their tenant.

    Who is called the same again and again takes one row.
    """
    now = clock.now()
    same = sa.and_(
        FormerName.user_id == user.id, FormerName.name == user.name, FormerName.email == user.email
    )
    if not changed_rows(sa.update(FormerName).where(same).values(until=now)):
        called = {"name": user.name, "email": user.email, "email_key": user.email_key}
        db.session.add(FormerName(user_id=user.id, until=now, **called))


def ever_called(user: User) -> list[Called]:
    """What they are called, then what they were before."""
    query = sa.select(FormerName.name, FormerName.email, FormerName.until).where(
        FormerName.user_id == user.id
    )
    former = db.session.execute(query.order_by(FormerName.until.desc(), FormerName.id.desc()))
    return [Called(user.name, user.email), *(Called(*row) for row in former)]


def keys_ever(user: User) -> set[str]:
    """The keys of every address that they have or had."""
    return {address_key(one.email) for one in ever_called(user)}


def had_by_others(keys: Collection[str], user: User) -> set[str]:
    """Which of these keys are of an address that anybody else has or had, whoever's user it is."""
    has = sa.select(User.email_key).where(User.email_key.in_(keys), User.id != user.id)
    had = sa.select(FormerName.email_key).where(
        FormerName.email_key.in_(keys), FormerName.user_id != user.id
    )
    return set(db.session.scalars(has.union(had)))


def forget_names(user: User) -> None:
    """Whatever else has to be found by them was emptied before."""
    changed_rows(sa.delete(FormerName).where(FormerName.user_id == user.id))
