"""Money in integer minor units. No float ever: `int(19.99 * 100)` is 1998."""

from collections.abc import Sequence
from decimal import Context, Decimal, Inexact

WHOLE = 10_000  # basis points
EXACT = Context(traps=[Inexact])
"""In which more digits than are reckoned with raise an ArithmeticError, where others round."""


def round_ratio(numerator: int, denominator: int) -> int:
    """The ratio as a whole number, half away from zero.

    Raises:
        ZeroDivisionError: the denominator is 0.
    """
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))


def percent_of(cents: int, basis_points: int) -> int:
    """A share of an amount: 1450 basis points are 14.5 %, rounded half away from zero."""
    return round_ratio(cents * basis_points, WHOLE)


def percent_text(basis_points: int) -> str:
    """`20 %`, `14.5 %`."""
    return f"{Decimal(basis_points).scaleb(-2).normalize():f} %"


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` out over lines in proportion to their amounts, to the last unit.

    Largest remainder; of equal remainders the earlier line gets the unit. No part exceeds its
    line, and the parts always sum to `total`.

    Raises:
        ValueError: a weight is negative, or not 0 <= total <= sum(weights).
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights):
        raise ValueError("line amounts cannot be negative")
    if not 0 <= total <= whole:
        raise ValueError(f"{total} cannot be shared out over lines of {whole} in all")
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda line: -(total * weights[line] % whole))
    for line in by_remainder[: total - sum(parts)]:
        parts[line] += 1
    return parts
