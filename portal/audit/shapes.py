"""Secrets known by their look: what opens something is removed from any text.

A false alarm costs evidence, so each shape is as narrow as its standard allows: identifiers,
hashes, phone numbers, times and coupon codes stay readable.
"""

import re
from unicodedata import decimal

REDACTED = "[redacted]"
SHORTEST_SECRET = 12
LONGEST_CARD = 19
SHAPES = re.compile(
    "|".join(
        (
            r"-----BEGIN [A-Z0-9 ]++-----.*?(?:-----END [A-Z0-9 ]++-----|\Z)",
            r"\beyJ[\w-]{8,}+(?:\.[\w-]*+){2,4}",  # JSON web token, signed or encrypted
            r"\bbop_\w{20,}+",  # our API tokens
            r"otpauth://\S++",
            r"\$argon2\w*+\$\S++",
            r"(?<=://)[^\s/:@]++:[^\s/@]++(?=@)",  # user:password of a URL
            r"(?i:\bbearer\s++)[\w.~+/=-]{16,}+",
            # Our session and link tokens: 256 bits, base64url. A hash of that length has no mix.
            r"(?<![\w=/+-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{43}(?![\w=/+-])",
            r"(?<!\w)[A-Z2-7]{32}(?!\w)",  # a TOTP secret in base32
        )
    ),
    re.DOTALL,
)
# UUIDs and phone numbers are matched first, so that their digits are never taken for a card.
NUMBER = re.compile(
    r"(?P<known>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\+\d(?:[ -]?\d){6,14}(?!\d))"
    r"|(?<!\w)(?<!\d\.)\d(?:[ \u00a0\u202f-]?\d){12,}+(?!\w)"
)
GROUP = re.compile(r"\d+")
HINTS = ("eyJ", "bop_", "://", "-----BEGIN ", "$argon2")
LONG_WORD = re.compile(r"[\w-]{32}", re.ASCII)
SHORTEST_CARD = 13
# Issuer prefixes and lengths (ISO/IEC 7812): Mastercard, American Express, Diners, Discover,
# JCB, UnionPay, Maestro and Visa. What begins otherwise is no card, whatever its check digit.
CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"
    r"|5[1-5]\d{14}"
    r"|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}(?:\d{3})?"
    r"|62\d{14,17}"
    r"|(?:50|5[6-9]|6\d)(?:\d{14}|\d{16,17})"
)


def without_secrets(text: str) -> str:
    """The text with every known shape of a secret replaced."""
    if len(text) < SHORTEST_SECRET or (text.isascii() and not _may_hold(text)):
        return text
    return NUMBER.sub(_without_cards, SHAPES.sub(REDACTED, text))


def _may_hold(text: str) -> bool:
    """Is there anything that every shape has? A quick no for nearly every text in ASCII."""
    return (
        any(hint in text for hint in HINTS)
        or sum(map(text.count, "0123456789")) >= SHORTEST_CARD
        or "bearer" in text.lower()
        or (len(text) >= 32 and LONG_WORD.search(text) is not None)
    )


def _without_cards(found: re.Match[str]) -> str:
    """Cards among groups of digits: the expiry date may follow, an order number stand before."""
    text = found[0]
    if found["known"]:
        return text
    groups = list(GROUP.finditer(text))
    kept, end = [], 0
    for first, start in enumerate(groups):
        last = _end_of_card(groups[first : first + LONGEST_CARD]) if start.start() >= end else None
        if last is not None:
            kept += [text[end : start.start()], REDACTED]
            end = last
    return "".join(kept) + text[end:]


def _end_of_card(groups: list[re.Match[str]]) -> int | None:
    digits = ""
    for group in groups:
        digits += group[0]
        if len(digits) > LONGEST_CARD:
            return None
        if is_card_number(digits):
            return group.end()
    return None


def is_card_number(digits: str) -> bool:
    """Has it an issuer's prefix and length, and the right check digit?"""
    values = [decimal(character) for character in digits]
    if CARD.fullmatch("".join(map(str, values))) is None:
        return False
    doubled = (sum(divmod(2 * value, 10)) for value in values[-2::-2])
    return (sum(values[-1::-2]) + sum(doubled)) % 10 == 0
