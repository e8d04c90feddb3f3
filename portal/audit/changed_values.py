"""What stood in a field that was changed, as people write it: moments, shares and amounts."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from portal.audit.phrases import minute_of
from portal.core.currencies import amounts_text
from portal.core.money import percent_text

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
    return minute_of(value, zone) or None


def _share(value: object) -> str | None:
    return percent_text(value) if isinstance(value, int) else None


def _prices(value: object) -> str | None:
    if not isinstance(value, dict) or not all(isinstance(one, int) for one in value.values()):
        return None
    return amounts_text(value)


TELLS: dict[str, Callable[[object], str | None]] = {
    "basis_points": _share,
    "amounts": _prices,
    "min_amounts": _prices,
}
