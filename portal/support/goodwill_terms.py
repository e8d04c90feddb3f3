"""What somebody wants to give, and which wishes are refused before anything is written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portal.core.errors import DomainError
from portal.support.goodwill_words import GestureKind

BASIS_POINTS = 100  # of a percent
ALONE_PERCENT = 20
ALONE_DAYS = 14
"""Of a coupon, a feature or a trial: more than this somebody else approves."""
MOST_PERCENT = 50
MOST_DAYS = 90
MOST_AMOUNT = 1_000_000
LONGEST_REASON = 400
REACHES = {
    GestureKind.COUPON: "percent",
    GestureKind.FEATURE: "days",
    GestureKind.QUOTA: "amount",
    GestureKind.TRIAL: "days",
}
"""The number that each kind needs."""
MOST = {"percent": MOST_PERCENT, "days": MOST_DAYS, "amount": MOST_AMOUNT}
OF_A_FEATURE = frozenset({GestureKind.FEATURE, GestureKind.QUOTA})


class BadGesture(DomainError):
    """Something is missing, or out of range."""

    title = "It cannot be given like this"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A kind, and what that kind needs; the rest is None."""

    kind: GestureKind
    percent: int | None = None
    feature_name: str | None = None
    days: int | None = None
    amount: int | None = None

    @classmethod
    def of(cls, kind: str, terms: Mapping[str, Any]) -> "Wanted":
        """As a gesture's row holds it."""
        return cls(GestureKind(kind), **terms)

    @property
    def reach(self) -> int:
        """How many percent, days or uses."""
        return int(getattr(self, REACHES[self.kind]) or 0)

    @property
    def feature(self) -> str:
        return self.feature_name or ""

    def terms(self) -> dict[str, Any]:
        """As a row holds it, without the kind."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name != "kind" and value is not None
        }


def check_wanted(wanted: Wanted) -> None:
    """Refuse what nobody may give.

    Raises:
        BadGesture: the message and the field say what to mend.
    """
    name = REACHES[wanted.kind]
    if not 1 <= wanted.reach <= MOST[name]:
        raise BadGesture(f"Use a whole number from 1 to {MOST[name]:,}.", field=name)
    if wanted.kind in OF_A_FEATURE and not wanted.feature_name:
        raise BadGesture("Choose a feature.", field="feature_name")
    allowed = {name} | ({"feature_name"} if wanted.kind in OF_A_FEATURE else set())
    for other in wanted.terms().keys() - allowed:
        raise BadGesture(f"This belongs to no {wanted.kind.value}: leave it out.", field=other)


def beyond_alone(wanted: Wanted) -> list[str]:
    """The limits that the wish itself passes, in words; what it is worth is asked elsewhere."""
    if wanted.kind is GestureKind.COUPON and wanted.reach > ALONE_PERCENT:
        return [f"it takes off more than {ALONE_PERCENT} %"]
    if REACHES[wanted.kind] == "days" and wanted.reach > ALONE_DAYS:
        return [f"it lasts for more than {ALONE_DAYS} days"]
    return []
