"""What a scanner says is wrong, in one scale for all of them, and when a run has failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad; from medium on a run fails."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in the scanner's own words."""

    level: Level
    kind: str
    place: str
    """Method and address, without a host."""
    detail: str = ""


def fails(findings: Iterable[Finding], broken: int) -> bool:
    """One answer of 5xx is as bad as one finding of medium or above."""
    return broken > 0 or any(finding.level >= Level.MEDIUM for finding in findings)
