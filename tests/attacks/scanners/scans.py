"""One run of one scanner as one caller: how it is started, and how what it says is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from portal.config import ROOT
from tests.attacks.scanners.findings import Finding
from tests.attacks.scanners.target import Caller

Reader: TypeAlias = Callable[[Path, str], list[Finding]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a scanner is told: whom to scan, with what, for how long, and where to write."""

    url: str
    headers: dict[str, str]
    folder: Path
    seconds: int
    database: str
    endpoint: str
    """What only the portal could call, were it talked into it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Words begin with the program; `ends` are the statuses of one that did its work."""

    scanner: str
    caller: Caller
    what: str
    seconds: int
    words: Callable[[Ground], list[str]]
    read: Reader
    ends: frozenset[int] = field(default=frozenset({0}))


def program(environment: str, name: str) -> str:
    """A scanner in its own environment, as `make` installed it."""
    return str(ROOT / environment / "bin" / name)


def header_words(option: str, headers: dict[str, str]) -> list[str]:
    return [word for name, value in headers.items() for word in (option, f"{name}: {value}")]


def without_secrets(words: list[str], headers: dict[str, str]) -> list[str]:
    """The words as they may stand in a report."""
    shown = words
    for name, value in headers.items():
        shown = [word.replace(value, f"<{name}>") for word in shown]
    return shown
