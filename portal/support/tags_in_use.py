"""The tags that people use now, for whoever is about to add one."""

from functools import cache

import sqlalchemy as sa

from portal.core.quick import Quick
from portal.support.models import TicketTag

LOOKED_AT, SHOWN = 2000, 100
"""So many tags of the newest tickets are looked at; so many different ones are offered."""


def tags_in_use() -> list[str]:
    """The most used first."""
    return [row.tag for row in _lately().rows(looked_at=LOOKED_AT)]


@cache
def _lately() -> Quick:
    """The end of the primary key's index, however many tags there are."""
    tags = TicketTag.__table__.c
    newest = sa.select(tags.tag).order_by(tags.ticket_id.desc(), tags.tag.desc())
    newest = newest.limit(sa.bindparam("looked_at", type_=sa.Integer))
    tag = newest.subquery().c.tag
    used = sa.select(tag).group_by(tag).order_by(sa.func.count().desc(), tag)
    return Quick(used.limit(SHOWN))
