"""How well sign-ins are protected, and who is signed in."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.counting import capped, in_words
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.staff.directory import State, in_state, is_live
from portal.staff.models import Admin, AdminSession


class Coverage(NamedTuple):
    """Numbers of people, as the list of people has them, and of their browsers."""

    active: int
    without_second_factor: int
    invited: int
    signed_in: int
    browsers: str

    @property
    def protected(self) -> int:
        return self.active - self.without_second_factor


COUNTED = (State.ACTIVE, State.WITHOUT_SECOND_FACTOR, State.INVITED, State.SIGNED_IN)


def coverage() -> Coverage:
    """One statement over people, of whom there are few, and their live sessions."""
    row = _counting().row(now=clock.now())
    people = {state.value: getattr(row, state.value) for state in COUNTED}
    return Coverage(**people, browsers=in_words(row.browsers))


@cache
def _counting() -> Quick:
    now = sa.bindparam("now", type_=UTCDateTime())
    live = sa.select(AdminSession.id).where(*is_live(now))
    return Quick(
        sa.select(
            *(_people(state, now).label(state.value) for state in COUNTED),
            capped(live).label("browsers"),
        )
    )


def _people(state: State, now: sa.BindParameter[datetime]) -> sa.ScalarSelect[int]:
    found = sa.select(sa.func.count()).select_from(Admin.__table__)
    return found.where(*in_state(state, now)).scalar_subquery()
