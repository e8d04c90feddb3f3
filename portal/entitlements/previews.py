"""What a grant would do, in words: before anything is saved."""

from dataclasses import dataclass
from datetime import datetime

from portal.entitlements.explaining import in_words, limit_in_words
from portal.entitlements.grants import Granted


@dataclass(frozen=True, slots=True)
class Preview:
    """What a form shows of a grant before it is given."""

    rows: tuple[tuple[str, bool, str, str], ...]
    starts_at: datetime | None
    warnings: tuple[str, ...]


def preview_of(granted: Granted) -> Preview:
    answers = [("Now", granted.before), ("Then", granted.after)]
    if granted.at_start is not None:
        answers = [("Now", granted.before), ("From the start", granted.at_start)]
    rows = tuple(
        (label, answer.allowed, in_words(answer.reason), limit_in_words(answer.limit))
        for label, answer in answers
    )
    starts_at = granted.row.starts_at if granted.at_start is not None else None
    return Preview(rows, starts_at, granted.warnings)
