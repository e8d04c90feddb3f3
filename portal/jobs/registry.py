"""Which function does which kind of job, and which kinds come again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

Handler: TypeAlias = Callable[[dict[str, Any]], None]
Tick: TypeAlias = Callable[[], bool]
"""Says whether more is left to do at once."""


class NotNow(Exception):
    """The handler asks to be called again at `until`. This does not count as a failed attempt."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until = until


class CannotBeDone(Exception):
    """Trying again will not help: the job fails at once, with this message."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job. See `handles` for what `commits_itself` means."""

    name: str
    run: Handler
    commits_itself: bool


_kinds: dict[str, Kind] = {}
_recurring: dict[str, timedelta] = {}
_ticks: list[Tick] = []


def handles(kind: str, *, commits_itself: bool = False) -> Callable[[Handler], Handler]:
    """Register the function that does this kind of job.

    The worker commits a handler's work together with the mark that the job is done, so work that
    stays inside the database happens exactly once. A handler that reaches outside says
    `commits_itself`: it is called at least once and keeps states of its own.
    """

    def register(handler: Handler) -> Handler:
        if kind in _kinds:
            raise ValueError(f"two handlers for {kind!r}")
        _kinds[kind] = Kind(kind, handler, commits_itself)
        return handler

    return register


def recurring(kind: str, *, every: timedelta) -> None:
    """Queue this kind each time the interval has passed, however many workers there are."""
    if every < timedelta(seconds=1):
        raise ValueError("a recurring job needs at least a second between its moments")
    _recurring[kind] = every


def every_second(tick: Tick) -> Tick:
    """Call this each second in every worker, beside the jobs and without a row for it.

    Several workers call it at once. It must look cheaply and end soon; the worker commits.
    """
    _ticks.append(tick)
    return tick


def ticks() -> tuple[Tick, ...]:
    return tuple(_ticks)


def kind_named(name: str) -> Kind | None:
    return _kinds.get(name)


def recurring_kinds() -> dict[str, timedelta]:
    """Every recurring kind and its interval."""
    return dict(_recurring)
