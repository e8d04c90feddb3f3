"""The one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds always: as text it sorts as it happened."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
