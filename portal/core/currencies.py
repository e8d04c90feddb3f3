"""Currencies and how many decimals they have (ISO 4217, list one)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from babel.core import get_global

from portal.core.money import EXACT

EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?")
_exponents = {code: exponent for exponent, codes in EXPONENTS.items() for code in codes.split()}


@cache
def known_currencies() -> frozenset[str]:
    """What is legal tender somewhere today. Read when first asked for: it takes 3 MiB."""
    return frozenset(
        code
        for uses in get_global("territory_currencies").values()
        for code, _since, until, is_tender in uses
        if is_tender and until is None
    )


def exponent_of(currency: str) -> int:
    return _exponents.get(currency, 2)


def amount_text(cents: int, currency: str) -> str:
    """`1,234.50`: minor units as people write the amount, without the currency."""
    exponent = exponent_of(currency)
    return f"{Decimal(cents).scaleb(-exponent):,.{exponent}f}"


def price_text(cents: int, currency: str) -> str:
    """`29.00 USD`, `2,900 JPY`, `9.500 KWD`."""
    return f"{amount_text(cents, currency)} {currency}"


def amounts_text(amounts: Mapping[str, int]) -> str:
    """`9.00 EUR or 10.00 USD` of minor units by currency."""
    return " or ".join(price_text(cents, currency) for currency, cents in sorted(amounts.items()))


def minor_units(text: str, currency: str) -> int:
    """The reverse of `amount_text`: a dot for decimals, commas between thousands allowed.

    A comma anywhere else is refused: `10,50` was meant as ten and a half.

    Raises:
        ValueError: not an amount, or finer than the currency's smallest coin.
    """
    plain = text.strip()
    if not _AMOUNT.fullmatch(plain):
        raise ValueError("not an amount")
    try:
        amount = Decimal(plain.replace(",", "")).scaleb(exponent_of(currency), EXACT)
    except ArithmeticError as error:  # no digit, or more than any amount has
        raise ValueError("not an amount") from error
    if amount != amount.to_integral_value():
        raise ValueError("finer than the smallest coin")
    return int(amount)
