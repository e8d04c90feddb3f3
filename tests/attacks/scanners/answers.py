"""How the portal answered, by its own log: a scanner may miscount, and says nothing of crashes."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CRASHES = frozenset({"request.crashed", "database.unavailable", "errors.page_failed"})


@dataclass(frozen=True, slots=True)
class Broken:
    """One answer of 5xx."""

    request_id: str
    method: str
    path: str
    status: int
    reason: str
    """The last line of what was logged with it."""


@dataclass(slots=True)
class Answers:
    """What one scan met."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)
    slowest_ms: float = 0.0

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def by_class(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for status, times in self.statuses.items():
            found[f"{status // 100}xx"] += times
        return dict(sorted(found.items()))


def read_answers(lines: Iterable[str]) -> Answers:
    """Static files and what the server refuses before the portal sees it are in no line."""
    found, reasons = Answers(), {}
    for line in lines:
        said = _document(line)
        if said.get("event") in CRASHES:
            reasons[said.get("request_id")] = _reason(said)
        if said.get("event") == "request":
            found.statuses[said["status"]] += 1
            found.slowest_ms = max(found.slowest_ms, said["milliseconds"])
            if said["status"] >= 500:
                found.broken.append(_broken(said, reasons.get(said["request_id"], "")))
    return found


def _document(line: str) -> dict[str, Any]:
    """Nothing but JSON is logged; what an interpreter writes as it dies is none."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _reason(said: dict[str, Any]) -> str:
    lines = str(said.get("exception", "")).strip().splitlines()
    raised = [line for line in lines if line and not line.startswith((" ", "[", "("))]
    return (raised or [said["event"]])[-1][:300]


def _broken(said: dict[str, Any], reason: str) -> Broken:
    return Broken(said["request_id"], said["method"], said["path"], said["status"], reason)


class LogMark:
    """From where on the log belongs to this scan."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.begins = log.stat().st_size if log.exists() else 0

    def answers(self) -> Answers:
        with self.log.open("rb") as lines:
            lines.seek(self.begins)
            return read_answers(line.decode(errors="replace") for line in lines)
