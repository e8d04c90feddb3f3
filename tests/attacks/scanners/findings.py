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


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that says nothing of the portal, and why."""

    scanner: str
    kind: str
    words: str
    """These stand in the finding's place or detail."""
    why: str

    def covers(self, scanner: str, finding: Finding) -> bool:
        said = f"{finding.place}\n{finding.detail}"
        return (self.scanner, self.kind) == (scanner, finding.kind) and self.words in said


# Each line is one kind at one place: what it does not name still fails the run.
ACCEPTED = (
    Accepted(
        "wapiti",
        "Cross Site Request Forgery",
        "-grants/",
        "of the two forms of that page the fields have prefixes, and the scanner knows no token "
        "called `extend-csrf_token`; without it both are refused (`test_cross_site.py`)",
    ),
)


def fails(findings: Iterable[Finding], broken: int) -> bool:
    """One answer of 5xx is as bad as one finding of medium or above."""
    return broken > 0 or any(finding.level >= Level.MEDIUM for finding in findings)


def sorted_out(
    scanner: str, findings: Iterable[Finding]
) -> tuple[list[Finding], list[tuple[Finding, str]]]:
    """Those that count, and those that do not with the reason."""
    counted, accepted = [], []
    for finding in findings:
        why = next((one.why for one in ACCEPTED if one.covers(scanner, finding)), None)
        if why is None:
            counted.append(finding)
        else:
            accepted.append((finding, why))
    return counted, accepted
