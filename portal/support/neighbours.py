"""The tickets before and after one in the view that somebody works through."""

from typing import NamedTuple

import sqlalchemy as sa

from portal.core.database import db
from portal.support.filter_language import BadFilter, parse
from portal.support.filtering import Looking
from portal.support.models import SavedView, SupportTicket
from portal.support.orders import Place, place_of
from portal.support.queues import Queue, View, conditions
from portal.support.views import SAVED, seen_views

FILTERED = "~"
"""Between the name of a view and the filter that narrows it: `mine~is:unread`."""
_ticket = SupportTicket.__table__.c


class Here(NamedTuple):
    """Where somebody is: the place of a ticket, taken before a change that would move it."""

    place: Place
    view: str

    @classmethod
    def of(cls, ticket: SupportTicket, view: str) -> "Here":
        return cls(place_of(ticket), view)


def neighbour(*, looking: Looking, here: Here, is_forward: bool = True) -> str | None:
    """The number of the next (or previous) ticket of the view, round its end; None: no other."""
    queue = queue_of(here.view, looking)
    order, inside = queue.order, conditions(queue, looking)
    others = sa.select(_ticket.number).where(*inside, _ticket.id != here.place.id)
    query = others.order_by(*order.columns(is_forward=is_forward)).limit(1)
    here_at = sa.literal(getattr(here.place, order.name), order.at.type)
    place = sa.tuple_(order.at, _ticket.id)
    is_up = is_forward != order.is_newest_first
    own = sa.tuple_(here_at, here.place.id)
    beyond = place > own if is_up else place < own
    return db.session.scalar(query.where(beyond)) or db.session.scalar(query)


def queue_of(view: str, looking: Looking) -> Queue:
    """What an address calls a view: `mine`, `view-7` for a saved one, `mine~is:unread` narrowed.

    Else it is that of all. What is no filter narrows nothing.
    """
    name, _, text = view.partition(FILTERED)
    found = _named(name, looking)
    try:
        return found.narrowed_by(parse(text))
    except BadFilter:
        return found


def _named(view: str, looking: Looking) -> Queue:
    if view in set(View):
        return Queue.of(View(view))
    number = view.removeprefix(SAVED)
    if view.startswith(SAVED) and number.isascii() and number.isdigit() and len(number) < 10:
        of_number = sa.select(SavedView.query).where(SavedView.id == int(number))
        found = db.session.scalar(of_number.where(seen_views(looking.by.id)))
        if found is not None:
            return _saved(view, found)
    return Queue.of(View.ALL)


def _saved(view: str, query: str) -> Queue:
    try:
        return Queue(view, View.ALL, view, own=parse(query))
    except BadFilter:  # it is from before a change of the language
        return Queue.of(View.ALL)
