"""Names, reasons and days of the ledger as people write them."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

SPELT = frozenset({"Api", "Csv", "Id", "Pdf", "Sla", "Sso", "Url"})
"""Words of names that are said letter by letter."""


@lru_cache(maxsize=1024)
def titled(name: str) -> str:
    """`Custom Reports` of `custom_reports`, `API Access` of `api_access`."""
    words = name.replace("_", " ").title().split(" ")
    return " ".join(word.upper() if word in SPELT else word for word in words)


def reason_in_words(reason: str | None) -> str | None:
    """`recovery cancelled` of a code; what a person wrote stays as it is."""
    if reason is None or not reason.replace("_", "").isalpha():
        return reason
    return reason.replace("_", " ")


def day_of(value: object, zone: ZoneInfo) -> str:
    """`12 Dec 2026` of an instant's text; empty when it is none."""
    at = _local(value, zone)
    return f"{at.day} {at:%b %Y}" if at else ""


def minute_of(value: object, zone: ZoneInfo) -> str:
    """`12 Dec 2026 14:05` of an instant's text; empty when it is none."""
    at = _local(value, zone)
    return f"{at.day} {at:%b %Y %H:%M}" if at else ""


def _local(value: object, zone: ZoneInfo) -> datetime | None:
    """None: the text is none, or one that the calendar of the zone has no day for."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(zone)
    except (ValueError, OverflowError):
        return None
