"""Which of several agents gets a ticket: rules over plain values."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

from portal.support.load import Candidate
from portal.support.words import Strategy

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def choose(
    strategy: str,
    candidates: Sequence[Candidate],
    *,
    team_id: int,
    category: str,
    sticky_id: int | None = None,
) -> Candidate | None:
    """Who gets a ticket of this team and category; None when nobody fits.

    `sticky_id` is who had the customer's last ticket: they come first while they fit.
    """
    fitting = [
        one
        for one in candidates
        if team_id in one.team_ids and one.has_room() and one.knows(category)
    ]
    known = [one for one in fitting if one.id == sticky_id]
    if known:
        return known[0]
    order = _least_loaded if strategy == Strategy.LEAST_LOADED else _longest_waiting
    return min(fitting, key=order, default=None)


def _longest_waiting(one: Candidate) -> tuple[datetime, int]:
    return one.last_given_at or LONG_AGO, one.id


def _least_loaded(one: Candidate) -> tuple[Fraction, datetime, int]:
    return Fraction(one.load, one.capacity), *_longest_waiting(one)
