"""What coupons take off an amount. Pure, and in whole cents."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.money import WHOLE, percent_of


@dataclass(frozen=True, slots=True)
class Discount:
    """A share of what is left, or an amount. Made by `percent` or `fixed`."""

    basis_points: int | None = None
    cents: int | None = None

    def __post_init__(self) -> None:
        if (self.basis_points is None) == (self.cents is None):
            raise ValueError("a discount is either a share or an amount")
        for value in (self.basis_points, self.cents):
            if value is not None and not _is_whole(value):
                raise TypeError("a discount is a whole number, never a float")
        if self.basis_points is not None and not 1 <= self.basis_points <= WHOLE:
            raise ValueError(f"a share is 1 to {WHOLE} basis points")
        if self.cents is not None and self.cents < 1:
            raise ValueError("an amount is 1 cent or more")

    @classmethod
    def percent(cls, basis_points: int) -> "Discount":
        """1450 basis points are 14.5 %.

        Raises:
            TypeError: not a whole number.
            ValueError: not between 1 and 10,000.
        """
        return cls(basis_points=basis_points)

    @classmethod
    def fixed(cls, cents: int) -> "Discount":
        """An amount in the smallest unit of its currency.

        Raises:
            TypeError: not a whole number.
            ValueError: less than 1.
        """
        return cls(cents=cents)

    def off(self, base_cents: int) -> int:
        """How much it takes off: a half cent is rounded up, and no more than there is."""
        if self.basis_points is not None:
            return percent_of(base_cents, self.basis_points)
        return min(self.cents or 0, base_cents)


@dataclass(frozen=True, slots=True)
class Applied:
    """What each discount took off, in order, and what is left to pay."""

    amounts: tuple[int, ...]
    remaining_cents: int

    @property
    def discount_cents(self) -> int:
        return sum(self.amounts)


def apply(base_cents: int, discounts: Iterable[Discount]) -> Applied:
    """Take the discounts off one after the other, each of what the one before it left.

    The order counts: 10 off and then 20 % is not 20 % and then 10 off. Whoever has both kinds of
    coupon names those of single lines first, then those of the whole in order of redemption. One
    amount a discount, 0 where nothing was left. Shared out over lines by `money.allocate`.

    Raises:
        TypeError: the amount is not a whole number.
        ValueError: the amount is negative.
    """
    if not _is_whole(base_cents):
        raise TypeError("an amount is a whole number of cents, never a float")
    if base_cents < 0:
        raise ValueError("discounts are taken off what is to be paid, which is not negative")
    amounts, remaining = [], base_cents
    for discount in discounts:
        taken = discount.off(remaining)
        amounts.append(taken)
        remaining -= taken
    return Applied(tuple(amounts), remaining)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
