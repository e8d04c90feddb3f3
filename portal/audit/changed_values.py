"""What stood in a field that was changed, as people write it: moments, shares and amounts."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.core.currencies import price_text

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
"""As the ledger writes every instant."""


def field_label(field: str) -> str:
    """`max redemptions` of `max_redemptions`; basis points are told as a share."""
    return "share" if field == "basis_points" else field.replace("_", " ")


def value_text(field: str, value: object, zone: ZoneInfo) -> str | None:
    """None: nothing of these, to be told as any value is. Instants are told to the minute."""
    tell = TELLS.get(field)
    if tell is not None:
        return tell(value)
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return f"{at.day} {at:%b %Y %H:%M}"


def _share(value: object) -> str | None:
    return f"{Decimal(value).scaleb(-2).normalize():f} %" if isinstance(value, int) else None


def _prices(value: object) -> str | None:
    if not isinstance(value, dict) or not all(isinstance(one, int) for one in value.values()):
        return None
    return " or ".join(price_text(cents, str(currency)) for currency, cents in value.items())


TELLS: dict[str, Callable[[object], str | None]] = {
    "basis_points": _share,
    "amounts": _prices,
    "min_amounts": _prices,
}
