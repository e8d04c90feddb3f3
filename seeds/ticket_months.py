"""Half a year at the desk: as many tickets a week as a growing company gets, told as stories.

The same seed tells the same ones. What is planned beyond now is left out, so the newest are open.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from seeds.companies import COMPANIES, Company
from seeds.ticket_stories import (
    BAD,
    BEN,
    CHIARA,
    DANIEL,
    ESRA,
    FAIR,
    GOOD,
    HIROSHI,
    MAKES_GOOD,
    NOTE,
    OPEN,
    PENDING,
    PRIYA,
    SOLVED,
    TAKEN,
    WRITES,
    Step,
    Story,
)
from seeds.ticket_topics import BAD_WORDS, FAIR_WORDS, GOOD_WORDS, NOTES, TOPICS, Topic

WEEKS = 26
FEWEST, GROWTH = 3.2, 0.14
"""Tickets in the first week, and how many more there are each week."""
NEWEST_DAYS = 2
AGENTS = (PRIYA, PRIYA, BEN, BEN, CHIARA, CHIARA, DANIEL, ESRA, HIROSHI)
FLUTES = ("B", "C", "E", "BC", "EB")
STYLES = ("0201", "0203", "0427", "0713", "0215")
CHANNELS = ("web", "web", "email", "email", "email", "api", "phone")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SAID: dict[str, tuple[str, ...]] = {GOOD: GOOD_WORDS, FAIR: FAIR_WORDS, BAD: BAD_WORDS}
PACES = {"urgent": 0.12, "high": 0.3}
"""By this much sooner is answered what hurts."""
OPENS, CLOSES = 8, 16
"""Hours of a working day, UTC."""


def months_of_stories(now: datetime, seed: int) -> Iterator[Story]:
    dice = Random(f"{seed}:desk")
    topics: list[Topic] = []
    for back in range(WEEKS, 0, -1):
        for _ in range(round(FEWEST + GROWTH * (WEEKS - back) + dice.uniform(-1.5, 1.5))):
            topics = topics or dice.sample(TOPICS, len(TOPICS))
            at = at_work(now - back * 7 * DAY + dice.uniform(0, 7) * DAY, dice)
            if at < now - NEWEST_DAYS * DAY:
                yield _story(topics.pop(), at, now, dice)


def at_work(at: datetime, dice: Random) -> datetime:
    """The same instant, or one of the next working day's morning."""
    if at.weekday() < 5 and OPENS <= at.hour < CLOSES:
        return at
    day = at if at.hour < OPENS else at + DAY
    while day.weekday() > 4:
        day += DAY
    return day.replace(hour=OPENS, minute=dice.randrange(60), second=dice.randrange(60))


def _story(topic: Topic, at: datetime, now: datetime, dice: Random) -> Story:
    company = _company(at, now, dice)
    words = {
        "n": dice.randrange(6, 48),
        "flute": dice.choice(FLUTES),
        "style": dice.choice(STYLES),
        "quote": f"Q-{dice.randrange(2000, 9800)}",
    }
    return Story(
        (now - at) / HOUR,
        company.slug,
        dice.randrange(company.people),
        topic.subject.format(**words),
        topic.body.format(**words),
        category=topic.category,
        priority=topic.priority,
        channel=dice.choice(CHANNELS),
        tags=(topic.tag,) if topic.tag else (),
        steps=tuple(_Telling(topic, words, at, dice).steps()),
    )


def _company(at: datetime, now: datetime, dice: Random) -> Company:
    """One that was there by then; the larger ones ask more often."""
    there = [one for one in COMPANIES if now - one.since * DAY < at - DAY]
    return dice.choices(there, weights=[2 + one.people for one in there])[0]


class _Telling:
    """How one ticket goes on, step by step, each at an hour at which somebody works."""

    def __init__(self, topic: Topic, words: dict[str, object], at: datetime, dice: Random) -> None:
        self.topic, self.words, self.begun, self.dice = topic, words, at, dice
        self.at, self.agent = at, dice.choice(AGENTS)
        self.pace = PACES.get(topic.priority, 1)

    def steps(self) -> Iterator[Step]:
        is_late = self.dice.random() < 0.13
        yield self._next(self.pace * self.dice.uniform(0.1, 1.5), TAKEN)
        if self.dice.random() < 0.18:
            soon = self.pace * self.dice.uniform(0.1, 0.5)
            yield self._next(soon, NOTE, self.dice.choice(NOTES))
        wait = self.dice.uniform(9, 40) if is_late else self.pace * self.dice.uniform(0.1, 2.2)
        if is_late and self.dice.random() < 0.5:
            percent = self.dice.choice((5, 10, 15))
            yield self._next(wait, MAKES_GOOD, f"coupon {percent}: They waited too long for us")
            wait = 0.1
        kind = self.dice.random()
        yield from self._goes_on(kind, wait)
        yield from self._rated(is_late=is_late)

    def _goes_on(self, kind: float, wait: float) -> Iterator[Step]:
        if kind < 0.42:  # one answer is all
            yield self._next(wait, SOLVED, self.topic.answer)
            return
        if kind < 0.74:  # the customer has something to say
            yield self._next(wait, PENDING, self.topic.answer)
            yield self._writes(self.dice.uniform(1, 40), self.topic.more)
            yield self._next(self.pace * self.dice.uniform(0.5, 7), SOLVED, self.topic.after)
            return
        if kind < 0.86:  # it was not solved after all
            yield self._next(wait, SOLVED, self.topic.answer)
            yield self._writes(self.dice.uniform(5, 90), "I am sorry: it is back since today.")
            yield self._next(self.pace * self.dice.uniform(0.5, 9), SOLVED, self.topic.after)
            return
        if kind < 0.94:  # it takes its time
            yield self._next(wait, OPEN, "Thank you for telling us. We are looking into it.")
            yield self._next(self.dice.uniform(20, 110), SOLVED, self.topic.answer)
            return
        yield self._next(wait, PENDING, self.topic.answer + " Does that help?")

    def _rated(self, *, is_late: bool) -> Iterator[Step]:
        if self.dice.random() > 0.5:
            return
        chance = self.dice.random() + (0.35 if is_late else 0)
        mood = GOOD if chance <= 0.8 else FAIR if chance <= 0.92 else BAD
        self.at += self.dice.uniform(0.3, 30) * HOUR
        yield self._step("", mood, self.dice.choice(SAID[mood]))

    def _next(self, hours: float, what: str, text: str = "") -> Step:
        self.at = at_work(self.at + hours * HOUR, self.dice)
        return self._step(self.agent, what, text)

    def _writes(self, hours: float, text: str) -> Step:
        """Customers write at any hour."""
        self.at += hours * HOUR
        return self._step("", WRITES, text)

    def _step(self, who: str, what: str, text: str) -> Step:
        return ((self.at - self.begun) / HOUR, who, what, text.format(**self.words))
