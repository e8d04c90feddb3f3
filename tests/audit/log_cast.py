"""Events for the pages of the log, at the instants that a test names."""

from datetime import UTC, datetime

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.clock import standing_at
from portal.core.database import db
from tests.cast import actor


def at(text: str) -> datetime:
    """`2026-03-01 09:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def put(by, when: str | datetime, action: Action = Action.STAFF_INVITED, **more) -> str:
    """One event at that time, and its id."""
    instant = at(when) if isinstance(when, str) else when
    more.setdefault("target", Target("staff", 7, "Bea Agent"))
    with standing_at(instant):
        event = record(action, by=actor(by) if hasattr(by, "email") else by, **more)
        db.session.commit()
    return event.id


def ids(soup) -> list[str]:
    """The events of a page, in their order."""
    return [link["href"].rpartition("/")[2] for link in soup.select("a.event-link")]


def days(soup) -> list[str]:
    return [heading.get_text(strip=True) for heading in soup.select(".audit-date")]
