"""How a ticket of many goes, before anybody says a word: who writes after whom, and how it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from portal.support.words import Status

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CUSTOMER, AGENT, NOTE = "customer", "agent", "note"
ENDS = (
    (Status.CLOSED, 700),
    (Status.OPEN, 100),
    (Status.SOLVED, 70),
    (Status.PENDING, 60),
    (Status.NEW, 35),
    (Status.ON_HOLD, 20),
    (Status.SPAM, 15),
)
AFTER = {
    CUSTOMER: ((AGENT, 70), (NOTE, 15), (CUSTOMER, 15)),
    AGENT: ((CUSTOMER, 65), (NOTE, 20), (AGENT, 15)),
    NOTE: ((AGENT, 80), (CUSTOMER, 15), (NOTE, 5)),
}
"""Who writes next, and how often of a hundred."""
GAPS = {CUSTOMER: 14.0, AGENT: 2.5, NOTE: 0.5}
"""Hours until they do, on average."""
MORE_MESSAGES = 6.9
MOST_MESSAGES = 60
LONGEST = 500
"""Messages of the one ticket that everybody dreads."""
COOLED = 7 * DAY


@dataclass(frozen=True, slots=True)
class Outline:
    """Each step and the time since the one before. The last message is `rest` before now."""

    status: Status
    steps: list[tuple[str, timedelta]]
    rest: timedelta

    def created_at(self, now: datetime) -> datetime:
        return now - self.rest - sum((gap for _, gap in self.steps), timedelta())


def outline(dice: Random, *, is_longest: bool = False) -> Outline:
    status = Status.OPEN if is_longest else Status(_drawn(ENDS, dice))
    count, pace = (LONGEST, 0.15) if is_longest else (_length(status, dice), 1.0)
    who = list(_conversation(status, count, dice))
    steps = [(each, timedelta(seconds=_gap(each, dice, pace))) for each in who]
    return Outline(status, [(who[0], timedelta()), *steps[1:]], _rest(status, dice))


def _drawn(choices: tuple[tuple[str, int], ...], dice: Random) -> str:
    place = dice.random() * sum(weight for _, weight in choices)
    for found, weight in choices:
        place -= weight
        if place < 0:
            return found
    return choices[0][0]


def _length(status: str, dice: Random) -> int:
    if status == Status.SPAM:
        return 1
    if status == Status.NEW:
        return 1 + (dice.random() < 0.3)
    return min(2 + int(dice.expovariate(1 / MORE_MESSAGES)), MOST_MESSAGES)


def _conversation(status: str, count: int, dice: Random) -> Iterator[str]:
    yield CUSTOMER
    last = CUSTOMER
    for _ in range(count - 2):
        last = CUSTOMER if status == Status.NEW else _drawn(AFTER[last], dice)
        yield last
    if count > 1:
        waits = status == Status.NEW or (status == Status.OPEN and dice.random() < 0.7)
        yield CUSTOMER if waits else AGENT


def _gap(who: str, dice: Random, pace: float) -> int:
    return 60 + int(dice.expovariate(1 / (GAPS[who] * 3600 * pace)))


def _rest(status: str, dice: Random) -> timedelta:
    """No timer is late: whoever is silent for two weeks was told that it is solved."""
    longest = {
        Status.NEW: 0.3 * DAY,
        Status.OPEN: 4 * DAY,
        Status.PENDING: 13 * DAY,
        Status.ON_HOLD: 30 * DAY,
        Status.SOLVED: 6.9 * DAY,
    }
    if status in longest:
        return longest[Status(status)] * dice.random() + timedelta(minutes=5)
    return COOLED + DAY + 600 * DAY * dice.random()
