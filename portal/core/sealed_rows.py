"""Which keys the database needs: of what rooms keep sealed, samples to try the keys on.

A sample is two columns, `(purpose, sealed bytes)`, as `unseal` takes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.config import settings
from portal.core.sealing import CannotUnseal, key_id, unseal

Samples: TypeAlias = sa.Select[str, Any]

LOST = (
    "PORTAL_DATA_KEYS lacks {}, under which something is sealed in this database. Put it behind "
    "the others, and run `flask keys rotate-data` before it goes. Is it gone for good? See "
    "docs/operate.md, Keys."
)
WRONG = (
    "PORTAL_DATA_KEYS: the key {0} does not open what was sealed under this name. Put back the key "
    "that had the name {0}; a new key needs a new name, in front."
)

DAMAGED = (
    "A value that the key {} of PORTAL_DATA_KEYS sealed is damaged: the key opens others. Whoever "
    "needs it is refused. See docs/operate.md, Keys."
)


def purposes(start: str, name: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[str]:
    """The purpose of each row, of which `name` tells it from others."""
    return sa.literal(start) + sa.cast(name, sa.String)


def one_of_each_key(rows: Samples, names: Sequence[str]) -> list[Samples]:
    """Of these rows one for each of the named keys, and one that none of them sealed."""
    _, sealed = rows.selected_columns
    is_of = [_is_sealed_by(name, sealed) for name in names]
    return [_first(rows.where(one)) for one in (*is_of, sa.not_(sa.or_(*is_of)))]


def _is_sealed_by(name: str, sealed: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    start = name.encode() + b"\0"
    return sa.func.substr(sealed, 1, len(start)) == start


def _first(rows: Samples) -> Samples:
    """In a form that a union takes."""
    return sa.select(*rows.limit(1).subquery().c)


@dataclass(frozen=True, slots=True)
class KeyFault:
    """What does not open and what to do, which anybody may read; and where it shows."""

    advice: str
    row: str
    """The purpose of a sample that does not open."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """How the keys fit what is sealed. Without faults and damage every sample opened."""

    key_faults: tuple[KeyFault, ...] = ()
    """Of keys that are missing, or that open nothing which was sealed under their name."""
    damage: tuple[KeyFault, ...] = ()
    """Single values: the key is the right one, as it opens others."""


def tried(samples: Iterable[tuple[str, bytes]]) -> Sealed:
    """Every sample with `PORTAL_DATA_KEYS`."""
    known = {name for name, _ in settings().data_keys}
    opened: set[str] = set()
    closed: dict[str, str] = {}
    for row, sealed in samples:
        name = key_id(sealed)
        if _opens(sealed, row):
            opened.add(name)
        else:
            closed.setdefault(name, row)
    faults = {name: WRONG if name in known else LOST for name in closed.keys() - opened}
    damage = dict.fromkeys(closed.keys() & opened, DAMAGED)
    return Sealed(*(_worded(words, closed) for words in (faults, damage)))


def _worded(words: Mapping[str, str], rows: Mapping[str, str]) -> tuple[KeyFault, ...]:
    return tuple(KeyFault(words[name].format(name), rows[name]) for name in sorted(words))


def _opens(sealed: bytes, purpose: str) -> bool:
    try:
        unseal(sealed, purpose=purpose)
    except CannotUnseal:
        return False
    return True
