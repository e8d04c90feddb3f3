"""What a coupon says, and which terms are refused before anything is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.core.clock import timestamp
from portal.core.currencies import known_currencies
from portal.core.errors import DomainError
from portal.core.money import WHOLE
from portal.core.text import nfc
from portal.coupons.models import Coupon

CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?")
LARGEST_AMOUNT = 2**53
LARGEST_COUNT = 10**9
MOST_PERIODS = 120
MOST_MONTHS = 120
LONGEST_DESCRIPTION = 200
WORTH = ("basis_points", "amounts", "duration", "periods", "months", "carry_remaining")
"""What is fixed once somebody redeemed it."""


class Duration(StrEnum):
    """For how many invoices it counts."""

    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


class DiscountKind(StrEnum):
    """What it takes off: a share of the price, or an amount."""

    PERCENT = "percent"
    FIXED = "fixed"


class BadTerms(DomainError):
    """A term is out of range, or two of them contradict each other."""

    title = "The coupon cannot be like this"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coupon says: a share of the price in basis points, or an amount a currency."""

    basis_points: int | None = None
    amounts: Mapping[str, int] = field(default_factory=dict)
    duration: str = Duration.ONCE
    periods: int | None = None
    months: int | None = None
    carry_remaining: bool = False
    """What an amount leaves over on the first invoice goes on to the next ones, or is lost."""
    starts_at: datetime | None = None
    redeem_by: datetime | None = None
    max_redemptions: int | None = None
    max_per_tenant: int = 1
    max_per_user: int | None = None
    plans: tuple[str, ...] = ()
    min_amounts: Mapping[str, int] = field(default_factory=dict)
    is_first_time_only: bool = False
    is_stackable: bool = False
    is_public: bool = True
    description: str = ""

    @property
    def kind(self) -> DiscountKind:
        return DiscountKind.PERCENT if self.basis_points is not None else DiscountKind.FIXED

    def columns(self) -> dict[str, Any]:
        """As the row holds them."""
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "amounts": dict(self.amounts),
            "min_amounts": dict(self.min_amounts),
            "plans": list(self.plans),
            "duration": str(self.duration),
        }


def terms_of(row: Coupon) -> Terms:
    values = {name: getattr(row, name) for name in Terms.__slots__}
    return Terms(**{**values, "plans": tuple(row.plans)})


def as_plain(terms: Terms) -> dict[str, Any]:
    """For the ledger, and for a usage's copy: instants as text."""
    return {
        name: timestamp(value) if isinstance(value, datetime) else value
        for name, value in terms.columns().items()
    }


def checked_code(text: str) -> str:
    """A code that is read over the telephone: letters, digits, and dashes between them.

    Raises:
        BadTerms: it is not.
    """
    found = text.strip()
    if not CODE.fullmatch(found):
        raise BadTerms("Use up to 40 letters, digits and dashes between them.", field="code")
    return found


def code_key(text: str) -> str:
    """What codes are compared by. Of a text that is no code, one that no code has."""
    found = text.strip()
    return found.lower() if CODE.fullmatch(found) else ""


def check_terms(terms: Terms) -> None:
    """Refuse what no coupon may say.

    Raises:
        BadTerms: the message and the field say what to mend.
    """
    _check_worth(terms)
    _check_duration(terms)
    _check_window(terms)
    _check_counts(terms)
    _check_amounts(terms.min_amounts, "min_amount")
    text = terms.description
    if len(text) > LONGEST_DESCRIPTION or nfc(text) != text or "\x00" in text:
        raise BadTerms(f"Use at most {LONGEST_DESCRIPTION} characters.", field="description")


def _check_worth(terms: Terms) -> None:
    if (terms.basis_points is None) == (not terms.amounts):
        raise BadTerms("Say either a percentage or an amount.", field="basis_points")
    if terms.basis_points is not None and not 1 <= terms.basis_points <= WHOLE:
        raise BadTerms("Take off between 0.01 % and 100 %.", field="basis_points")
    _check_amounts(terms.amounts, "amounts")


def _check_amounts(amounts: Mapping[str, int], field_name: str) -> None:
    for currency, cents in amounts.items():
        if currency not in known_currencies():
            raise BadTerms("Use codes of currencies, such as EUR.", field=field_name)
        if not 1 <= cents <= LARGEST_AMOUNT:
            raise BadTerms("Use amounts above zero.", field=field_name)


def _check_duration(terms: Terms) -> None:
    if terms.duration not in set(Duration):
        raise BadTerms("Choose once, repeating or forever.", field="duration")
    numbers = [number for number in (terms.periods, terms.months) if number is not None]
    if (terms.duration == Duration.REPEATING) != bool(numbers):
        raise BadTerms("A repeating coupon, and only that, has a number.", field="periods")
    if len(numbers) > 1:
        raise BadTerms("Count either periods or months.", field="months")
    if terms.periods is not None and not 1 <= terms.periods <= MOST_PERIODS:
        raise BadTerms(f"Repeat it for 1 to {MOST_PERIODS} periods.", field="periods")
    if terms.months is not None and not 1 <= terms.months <= MOST_MONTHS:
        raise BadTerms(f"Repeat it for 1 to {MOST_MONTHS} months.", field="months")
    if terms.carry_remaining and (terms.duration != Duration.ONCE or not terms.amounts):
        raise BadTerms(
            "Only an amount that counts once can carry over what is left.", field="carry_remaining"
        )


def _check_window(terms: Terms) -> None:
    if terms.starts_at and terms.redeem_by and terms.starts_at >= terms.redeem_by:
        raise BadTerms("Let it end after it begins.", field="redeem_by")


def _check_counts(terms: Terms) -> None:
    for name in ("max_redemptions", "max_per_tenant", "max_per_user"):
        count = getattr(terms, name)
        if count is not None and not 1 <= count <= LARGEST_COUNT:
            raise BadTerms("Allow one use or more.", field=name)
