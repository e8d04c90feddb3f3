"""Shares and amounts as people type them."""

from decimal import Decimal

from portal.core.currencies import amount_text, minor_units
from portal.core.money import EXACT, WHOLE, percent_text
from portal.coupons.terms import LARGEST_AMOUNT

LONGEST = 40


class BadAmount(ValueError):
    """It is none; the message says what to type."""


def basis_points_of(text: str) -> int:
    """`12.5`, `12,5` or `12.5 %` as basis points.

    Raises:
        BadAmount: not a share, or finer than a hundredth of a per cent.
    """
    plain = text.strip().removesuffix("%").strip().replace(",", ".")
    try:
        share = Decimal(plain).scaleb(2, EXACT) if len(plain) <= LONGEST else Decimal("NaN")
    except ArithmeticError:
        share = Decimal("NaN")
    if share != share.to_integral_value() or not 1 <= share <= WHOLE:
        raise BadAmount("Enter a number from 0.01 to 100, with at most two decimals.")
    return int(share)


def percent_input(basis_points: int) -> str:
    """The reverse: `12.5`."""
    return percent_text(basis_points).removesuffix(" %")


def cents_of(text: str, currency: str) -> int:
    """An amount above zero in the smallest unit of its currency.

    Raises:
        BadAmount: not one, or finer than its smallest coin.
    """
    try:
        cents = minor_units(text, currency) if len(text) <= LONGEST else 0
    except ValueError:
        cents = 0
    if not 1 <= cents <= LARGEST_AMOUNT:
        raise BadAmount(f"Enter an amount above zero, such as {amount_text(1000, currency)}.")
    return cents
