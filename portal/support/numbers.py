"""Numbers of tickets: `TCK-2026-000123`, without gaps within a year."""

import re

from portal.core import clock
from portal.core.database import db, insert_into
from portal.support.models import TicketNumber

NUMBER = re.compile(r"TCK-(\d{4})-(\d{6,})", re.IGNORECASE)


def next_number() -> str:
    """The next one. Its row stays locked until the ticket is committed, so none is left out."""
    year = clock.now().year
    first = insert_into(TicketNumber).values(year=year, last=1)
    taken = first.on_conflict_do_update(
        index_elements=["year"], set_={"last": TicketNumber.__table__.c.last + 1}
    ).returning(TicketNumber.last)
    count = db.session.scalar(taken, execution_options={"populate_existing": True})
    return f"TCK-{year}-{count:06}"


def read_number(text: str) -> str | None:
    """The number as it is stored, from however somebody wrote it; None when it is none."""
    found = NUMBER.fullmatch(text.strip())
    return f"TCK-{found[1]}-{found[2]}" if found else None
