"""Slowing down guesses: failures are counted in buckets, in the database, for every process alike.

A bucket allows so many failures in a fixed window that begins with the first one. A failure is
booked before the guess is looked at, and handed back when the guess was right: so fifty parallel
guesses cannot all pass a check that each of them made first.

Over the limit we answer 429 with `Retry-After`, and do not hold the request back for a growing
delay (OWASP, Authentication Cheat Sheet, names both). A delay kept by the server occupies one of
its few threads for up to a minute a guess: the attacker would slow down everybody else. A delay
kept by the client costs us nothing, and the windows allow fewer guesses an hour.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import DomainError
from portal.core.tokens import peppered
from portal.staff.models import AuthThrottle
from portal.web.addresses import block_of

MINUTES_5, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)

# The limits by which PyPI stands up to real attacks (warehouse: `*_login_ratelimit_string`).
PASSWORD_BY_ACCOUNT = ((10, MINUTES_5),)
PASSWORD_BY_ADDRESS = ((10, MINUTES_5),)
PASSWORD_BY_ANYBODY = ((1000, MINUTES_5),)
CODE_BY_ACCOUNT = ((5, MINUTES_5), (20, HOUR), (50, DAY))
RESETS_BY_ACCOUNT = ((5, DAY),)
CODE_BY_ADDRESS = ((10, MINUTES_5), (50, HOUR))


class Throttled(DomainError):
    """Too many failures; nothing was checked."""

    status = 429
    code = "throttled"
    title = "Too many tries"

    def __init__(self, retry_after: int) -> None:
        super().__init__("To keep accounts safe, this is slowed down for a while. Wait a little.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where failures are counted. The key reveals nothing of what it was made of."""

    key: str
    limit: int
    window: timedelta


def buckets(limits: Sequence[tuple[int, timedelta]], *parts: str) -> list[Bucket]:
    """One bucket a window, for what `parts` name."""
    return [
        Bucket(peppered(*parts, str(int(window.total_seconds()))), limit, window)
        for limit, window in limits
    ]


def code_buckets(admin_id: int, address: str | None) -> list[Bucket]:
    """Every kind of second factor and sudo share these, so that changing kinds wins no tries."""
    return [
        *buckets(CODE_BY_ACCOUNT, "code", "account", str(admin_id)),
        *buckets(CODE_BY_ADDRESS, "code", "address", block_of(address)),
    ]


def seconds_to_wait(found: Sequence[Bucket]) -> int | None:
    """How long until no bucket is full; None when none is. Spares a flood its work."""
    now = clock.now()
    return _longest_wait(_full(found, now).values(), now)


def told_to_wait(found: Sequence[Bucket]) -> int | None:
    """As `seconds_to_wait`, once the refusal was recorded: nothing is left to be done."""
    now = clock.now()
    full = _full(found, now)
    marks = [_mark(key) for key in full]
    is_recorded = bool(full) and len(_live(marks, now)) == len(marks)
    return _longest_wait(full.values(), now) if is_recorded else None


def book_failure(found: Sequence[Bucket]) -> int | None:
    """Count one failure in each bucket; when one is full, count none and say how long to wait.

    The answer is in seconds; None means that the guess may be looked at.
    """
    full = seconds_to_wait(found)
    if full is None:
        with db.session.begin_nested() as attempt:
            full = _booked(found)
            if full is not None:
                attempt.rollback()
    return full


def is_first_refusal(found: Sequence[Bucket]) -> bool:
    """Was nobody refused for these full buckets before, in their present windows?

    The ledger keeps every row for ever: it needs one of a flood, not each.
    """
    now = clock.now()
    marks = {_mark(key): ends for key, ends in _full(found, now).items()}
    known = {row.bucket_key for row in _live(marks, now)}
    rows = [
        {"bucket_key": key, "failures": 1, "window_ends_at": marks[key]}
        for key in sorted(marks.keys() - known)
    ]
    return bool(rows) and any(times == 1 for _, times, _ in db.session.execute(_upsert(rows, now)))


def _mark(key: str) -> str:
    return peppered("refused", key)


def hand_back(found: Sequence[Bucket]) -> None:
    """The guess was right: the failure that was booked for it never happened."""
    changed_rows(
        sa.update(AuthThrottle)
        .where(AuthThrottle.bucket_key.in_([one.key for one in found]), AuthThrottle.failures > 0)
        .values(failures=AuthThrottle.failures - 1)
    )


def clear(found: Sequence[Bucket]) -> int:
    """Forget the failures of these buckets: somebody unlocks a person. How many were there."""
    keys = [one.key for one in found]
    marks = [_mark(key) for key in keys]
    changed_rows(sa.delete(AuthThrottle).where(AuthThrottle.bucket_key.in_(marks)))
    gone = db.session.scalars(
        sa.delete(AuthThrottle)
        .where(AuthThrottle.bucket_key.in_(keys))
        .returning(AuthThrottle.failures)
        .execution_options(synchronize_session=False)
    )
    return sum(gone)


def forget_ended_windows() -> int:
    """Remove the counts whose window is over. How many there were."""
    return changed_rows(sa.delete(AuthThrottle).where(AuthThrottle.window_ends_at <= clock.now()))


def _full(found: Sequence[Bucket], now: datetime) -> dict[str, datetime]:
    """The keys of the full buckets, and when each window ends."""
    limits = {one.key: one.limit for one in found}
    live = _live(limits, now)
    return {row.bucket_key: row.window_ends_at for row in live if row.failures >= limits[row[0]]}


def _live(keys: Iterable[str], now: datetime) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    return db.session.execute(
        sa.select(
            AuthThrottle.bucket_key, AuthThrottle.failures, AuthThrottle.window_ends_at
        ).where(AuthThrottle.bucket_key.in_(list(keys)), AuthThrottle.window_ends_at > now)
    ).all()


def _booked(found: Sequence[Bucket]) -> int | None:
    """One statement for all buckets, in the order of their keys: parallel ones never deadlock."""
    limits, now = {one.key: one.limit for one in found}, clock.now()
    ordered = sorted(found, key=lambda one: one.key)
    rows = db.session.execute(
        _upsert(
            [
                {"bucket_key": one.key, "failures": 1, "window_ends_at": now + one.window}
                for one in ordered
            ],
            now,
        )
    )
    return _longest_wait([ends for key, failures, ends in rows if failures > limits[key]], now)


def _upsert(rows: list[dict[str, object]], now: datetime) -> Any:
    new = insert_into(AuthThrottle).values(rows)
    is_over = AuthThrottle.window_ends_at <= now
    return new.on_conflict_do_update(
        index_elements=[AuthThrottle.bucket_key],
        set_={
            "failures": sa.case((is_over, 1), else_=AuthThrottle.failures + 1),
            "window_ends_at": sa.case(
                (is_over, new.excluded.window_ends_at), else_=AuthThrottle.window_ends_at
            ),
        },
    ).returning(AuthThrottle.bucket_key, AuthThrottle.failures, AuthThrottle.window_ends_at)


def _longest_wait(ends: Collection[datetime], now: datetime) -> int | None:
    if not ends:
        return None
    return int((max(ends) - now).total_seconds()) + 1
