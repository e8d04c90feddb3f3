"""What the desk has for somebody who begins their day: how much waits, and which ticket first."""

from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped, in_words
from portal.core.quick import Quick
from portal.support.filtering import Looking
from portal.support.orders import DUE_FIRST
from portal.support.queue_rows import COLUMNS, QueueRow, row_maker
from portal.support.queues import MOST, View, those, usual_conditions, values_of


class Waiting(NamedTuple):
    """How many tickets stand in a queue, perhaps narrowed by a filter."""

    label: str
    view: View
    narrowed: str
    tickets: str
    is_late: bool
    """Broken promises are counted, and there are some."""


Views = tuple[View, ...]
OWN: dict[str, Views] = {
    "My overdue": (View.MINE, View.BREACHED),
    "My due soon": (View.MINE, View.DUE_SOON),
    "All of mine": (View.MINE,),
    "Unassigned": (View.UNASSIGNED,),
}
DESK: dict[str, Views] = {
    view.label: (view,)
    for view in (View.BREACHED, View.DUE_SOON, View.UNASSIGNED, View.WAITING, View.ALL)
}
AS_FILTERS = {View.BREACHED: "due:breached", View.DUE_SOON: "due:<4h"}
"""What narrows another queue to the same tickets."""


def own_work(looking: Looking) -> list[Waiting]:
    """Of an agent's own tickets what is late, what is due soon and all; and what nobody has."""
    return _waiting(OWN, looking)


def whole_desk(looking: Looking) -> list[Waiting]:
    """What everybody together has to do."""
    return _waiting(DESK, looking)


def _waiting(queues: dict[str, Views], looking: Looking) -> list[Waiting]:
    row = _counting(tuple(queues.values())).row(**values_of(looking))
    return [
        Waiting(
            label=label,
            view=views[0],
            narrowed=" ".join(AS_FILTERS[view] for view in views[1:]),
            tickets=in_words(count, MOST),
            is_late=View.BREACHED in views and count > 0,
        )
        for (label, views), count in zip(queues.items(), row, strict=True)
    ]


@cache
def _counting(queues: tuple[Views, ...]) -> Quick:
    """One statement, built once; each number is counted no further than `MOST`."""
    counts = (capped(those(usual_conditions(*views)), MOST) for views in queues)
    return Quick(sa.select(*(count.label(f"n{place}") for place, count in enumerate(counts))))


def first_in(view: View, looking: Looking, *, few: int) -> list[QueueRow]:
    """The tickets that stand first in a queue."""
    rows = _first(view).rows(**values_of(looking), few=few)
    return list(map(row_maker(looking.now), rows))


@cache
def _first(view: View) -> Quick:
    found = sa.select(*COLUMNS).where(*usual_conditions(view)).order_by(*DUE_FIRST)
    return Quick(found.limit(sa.bindparam("few", type_=sa.Integer)))
