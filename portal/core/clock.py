"""The one place that asks what time it is, and that says how finely it is told.

Instants are told in whole seconds. What is set for a time ahead is therefore kept on one
(`second_of`) and comes at the very instant that was told: where periods begin, the start and end
of a grant or a trial, the end of a top-up. It is cut down, so that nothing begins later or lasts
longer than was asked for, and what would be cut to nothing is refused. Only what is held for so
many seconds ends at the next whole one (`second_from`), no sooner than was promised. What has
happened keeps its fraction, and whoever asks as of a told instant is answered as of the end of
its second (`through_second`), when all that is told as of then has happened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _moved.get() or datetime.now(UTC)


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Inside, it is this instant: for demo history, which real deeds write."""
    token = _moved.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _moved.reset(token)


def second_of(at: datetime) -> datetime:
    """The second in which it lies, as which it is told."""
    return at.replace(microsecond=0)


def second_from(at: datetime) -> datetime:
    """The first whole second that is not before it."""
    return second_of(at + SECOND - datetime.resolution)


def through_second(at: datetime) -> datetime:
    """The last instant of a whole second; one with a fraction is meant exactly."""
    return at if at.microsecond else at + SECOND - datetime.resolution


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds always: as text it sorts as it happened."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
