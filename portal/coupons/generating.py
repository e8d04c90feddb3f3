"""Codes that nobody guesses: drawn at random, easy to read out, without look-alikes. Pure."""

import re
import secrets
from collections.abc import Callable

from portal.coupons.terms import BadTerms

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""No 0 and O, 1, I and L; and no vowels, so that none spells a word."""
DRAWN = 10
"""48 bits: who tries a thousand codes a second finds one of ten thousand in a year."""
MOST_CODES = 10_000
PREFIX = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,18}[A-Za-z0-9])?")


def drawn() -> str:
    """`7KQ2M-WXH4P`."""
    return in_halves("".join(secrets.choice(ALPHABET) for _ in range(DRAWN)))


def in_halves(text: str) -> str:
    return f"{text[: DRAWN // 2]}-{text[DRAWN // 2 :]}"


def new_codes(prefix: str, count: int, draw: Callable[[], str] = drawn) -> list[str]:
    """So many different codes that begin with the prefix, if there is one."""
    start = f"{prefix}-" if prefix else ""
    found: dict[str, None] = {}
    while len(found) < count:
        found[start + draw()] = None
    return list(found)


def checked_prefix(text: str) -> str:
    """
    Raises:
        BadTerms: it is none that a code can begin with.
    """
    found = text.strip()
    if found and not PREFIX.fullmatch(found):
        raise BadTerms("Use up to 20 letters, digits and dashes between them.", field="prefix")
    return found


def checked_count(count: int) -> int:
    """
    Raises:
        BadTerms: it is too small or too large.
    """
    if not 1 <= count <= MOST_CODES:
        raise BadTerms(f"Make 1 to {MOST_CODES:,} codes at once.", field="count")
    return count
