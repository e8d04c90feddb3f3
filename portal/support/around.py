"""What stands around a queue: the saved views, and who looks at which ticket. One statement."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from portal.core.errors import NotFound
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.filter_language import EVERYTHING, BadFilter, Filter, parse
from portal.support.filtering import Looking, is_costly
from portal.support.models import SavedView, TicketPresence
from portal.support.presence import LASTS, TYPING_LASTS
from portal.support.queue_rows import initials
from portal.support.queues import Queue, View
from portal.support.views import SAVED, seen_views

MOST_LOOKERS = 500


class Looker(NamedTuple):
    """A colleague who has a ticket open."""

    name: str
    is_writing: bool

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def words(self) -> str:
        return f"{self.name} is {'writing' if self.is_writing else 'looking'}"


class Saved(NamedTuple):
    """A saved view as the list of queues shows it."""

    queue: Queue
    is_shared: bool
    query: str


@dataclass(frozen=True, slots=True)
class Around:
    """The saved views in their order, and who looks, by the id of the ticket."""

    saved: list[Saved] = field(default_factory=list)
    lookers: dict[int, list[Looker]] = field(default_factory=dict)

    def queue_named(self, key: str) -> Queue:
        """The queue that an address means: `mine`, or `view-7`.

        Raises:
            NotFound: there is none that this person may see.
        """
        if key in set(View):
            return Queue.of(View(key))
        for saved in self.saved:
            if saved.queue.key == key:
                return saved.queue
        raise NotFound("There is no such view.")

    def counted(self) -> list[Queue]:
        """The queues whose tickets are counted: all but those that look into texts."""
        own = [saved.queue for saved in self.saved if not is_costly(saved.queue.own)]
        return [*(Queue.of(view) for view in View), *own]


def look_around(looking: Looking) -> Around:
    """Saved views and lookers as they are now. The person themselves is no looker."""
    saved, lookers = [], defaultdict(list)
    rows = _beside().rows(
        me=looking.by.id, seen=looking.now - LASTS, typed=looking.now - TYPING_LASTS
    )
    for kind, number, name, query, has_owner, is_writing in rows:
        if kind == "view":
            queue = Queue(f"{SAVED}{number}", View.ALL, name, own=_filter_of(query))
            saved.append(Saved(queue, not has_owner, query))
        else:
            lookers[number].append(Looker(name, bool(is_writing)))
    return Around(saved, dict(lookers))


def queue_at(looking: Looking, *, key: str, text: str) -> Queue:
    """The queue of an address, narrowed: what a ticket or a change of many was reached from.

    Raises:
        NotFound: there is no such view for this person.
        BadFilter: the text is no filter.
    """
    around = Around() if key in set(View) else look_around(looking)
    return around.queue_named(key).narrowed_by(parse(text))


@cache
def _beside() -> Quick:
    """Both lists, built once: they stand on every page of the desk."""
    me = sa.bindparam("me", type_=sa.Integer)
    instant = TicketPresence.__table__.c.seen_at.type
    seen, typed = sa.bindparam("seen", type_=instant), sa.bindparam("typed", type_=instant)
    views = sa.select(
        sa.literal_column("'view'").label("kind"),
        SavedView.id,
        SavedView.name,
        SavedView.query,
        sa.case((SavedView.owner_id.is_(None), 0), else_=1).label("has_owner"),
        SavedView.position.label("place"),
    ).where(seen_views(me))
    lookers = (
        sa.select(
            sa.literal_column("'look'").label("kind"),
            TicketPresence.ticket_id,
            Admin.name,
            sa.literal_column("''").label("query"),
            sa.literal_column("2").label("has_owner"),
            sa.case((TicketPresence.typed_at > typed, 1), else_=0).label("place"),
        )
        .join(Admin, Admin.id == TicketPresence.admin_id)
        .where(TicketPresence.seen_at > seen, TicketPresence.admin_id != me)
        .order_by(TicketPresence.seen_at.desc())
        .limit(MOST_LOOKERS)
    )
    both = sa.union_all(views, lookers.subquery().select()).subquery()
    return Quick(sa.select(both).order_by(both.c.has_owner, both.c.place, both.c.id))


def _filter_of(query: str) -> Filter:
    """A view from before a change of the language shows all rather than breaking every queue."""
    try:
        return parse(query)
    except BadFilter:
        return EVERYTHING
