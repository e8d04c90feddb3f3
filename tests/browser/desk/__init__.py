"""The scenes of the support desk, and the rows that they show."""

from portal.customers.models import User
from tests.browser.desk import (
    agents,
    answers,
    beside,
    files,
    goodwill,
    levels,
    queue,
    ratings,
    reports,
    search,
    threads,
    ticket,
)
from tests.browser.scene import Scene
from tests.support.desk import make_ticket

AREAS = (
    queue,
    ticket,
    threads,
    files,
    ratings,
    answers,
    agents,
    levels,
    reports,
    search,
    beside,
    goodwill,
)
SCENES: dict[str, list[Scene]] = {}
for area in AREAS:
    SCENES |= area.SCENES


def desk(user: User) -> dict[str, object]:
    """A ticket of the user, and whatever each area adds to it."""
    ticket = make_ticket(user)
    names: dict[str, object] = {"ticket": ticket.number}
    for area in AREAS:
        names |= area.rows(ticket)
    return names
