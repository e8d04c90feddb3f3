"""The kinds of goodwill, the states of a gesture, and what each is called."""

from datetime import date
from enum import StrEnum


class GestureKind(StrEnum):
    """What can be given."""

    COUPON = "coupon"
    FEATURE = "feature"
    QUOTA = "quota"
    TRIAL = "trial"

    @property
    def label(self) -> str:
        return _KINDS[self]


class GestureStatus(StrEnum):
    """awaiting_approval -> given | rejected; what is given or waits may be withdrawn."""

    GIVEN = "given"
    AWAITING_APPROVAL = "awaiting_approval"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return _STATES[self]


_KINDS = {
    GestureKind.COUPON: "Coupon",
    GestureKind.FEATURE: "A feature for a time",
    GestureKind.QUOTA: "More of a limit",
    GestureKind.TRIAL: "Longer trial",
}
_STATES = {
    GestureStatus.GIVEN: "Given",
    GestureStatus.AWAITING_APPROVAL: "Awaiting approval",
    GestureStatus.REJECTED: "Rejected",
    GestureStatus.WITHDRAWN: "Withdrawn",
}
COLOURS = {
    GestureStatus.GIVEN: "green",
    GestureStatus.AWAITING_APPROVAL: "orange",
    GestureStatus.REJECTED: "red",
    GestureStatus.WITHDRAWN: "secondary",
}


def month_label(month: str) -> str:
    """`November 2026` of `2026-11`."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def counted(number: int, word: str) -> str:
    """`1 day`, `14 days`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
