"""Business calendars: made, changed and archived. A version never changes: an edit adds one."""

from collections.abc import Sequence

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.staleness import Stale
from portal.support.alignment import align_later
from portal.support.calendar_terms import CalendarTerms, calendar_of, checked_terms
from portal.support.level_refusals import Archived, InUse, NameTaken, NoSuchCalendar
from portal.support.models import BusinessCalendarRow, CalendarVersion, SlaRule

__all__ = ["CalendarTerms", "calendar_of"]


def calendar_or_404(calendar_id: int) -> BusinessCalendarRow:
    """The calendar, archived or not.

    Raises:
        NoSuchCalendar: there is none.
    """
    found = db.session.get(BusinessCalendarRow, calendar_id)
    if found is None:
        raise NoSuchCalendar("There is no such calendar.")
    return found


def calendars_on_offer() -> list[BusinessCalendarRow]:
    """Those that a service level may count by, by name."""
    query = sa.select(BusinessCalendarRow).where(BusinessCalendarRow.archived_at.is_(None))
    return list(db.session.scalars(query.order_by(BusinessCalendarRow.name_key)))


def version_of(row: BusinessCalendarRow) -> CalendarVersion:
    """What it says now."""
    return db.session.get_one(CalendarVersion, (row.id, row.version))


def create_calendar(*, by: Actor, terms: CalendarTerms) -> BusinessCalendarRow:
    """A new calendar, for service levels to count by.

    Raises:
        BadHours, NameTaken: see the classes.
    """
    name, content = checked_terms(terms)
    _refuse_taken(name)
    now = clock.now()
    row = BusinessCalendarRow(name=name, name_key=name.casefold(), version=1, created_at=now)
    db.session.add(row)
    db.session.flush()
    _add_version(by, row, content)
    changes = {"name": (None, name), **{key: (None, value) for key, value in content.items()}}
    record(Action.CALENDAR_SAVED, by=by, target=target_of_calendar(row), changes=changes)
    return row


def change_calendar(
    *, by: Actor, calendar: BusinessCalendarRow, version: int, terms: CalendarTerms
) -> BusinessCalendarRow:
    """Give it other hours from now on; running clocks keep what the old ones counted so far.

    Raises:
        BadHours, NameTaken, Archived: see the classes.
        Stale: it is not at this version any more.
    """
    name, content = checked_terms(terms)
    row = _locked(calendar)
    if row.version != version:
        raise Stale(f"{row.name} was changed meanwhile. Yours was not saved.", present=row.version)
    present = version_of(row).content
    changes = {
        key: (present[key], value) for key, value in content.items() if present[key] != value
    }
    is_other = bool(changes)
    if name != row.name:
        _refuse_taken(name, row.id)
        changes["name"] = (row.name, name)
        row.name, row.name_key = name, name.casefold()
    if is_other:
        row.version += 1
        _add_version(by, row, content)
        align_later(by, _about(row), calendar_id=row.id)
    if changes:
        record(Action.CALENDAR_SAVED, by=by, target=target_of_calendar(row), changes=changes)
    return row


def archive_calendar(*, by: Actor, calendar: BusinessCalendarRow) -> BusinessCalendarRow:
    """Stop offering a calendar that no service level counts by.

    Raises:
        Archived: it is.
        InUse: see the class.
    """
    row = _locked(calendar)
    if names := levels_by(row):
        raise InUse(
            f"{row.name} is what these count by: {', '.join(names)}. Give them another calendar "
            "or switch them off first."
        )
    row.archived_at = clock.now()
    changes = {"archived": (False, True)}
    record(Action.CALENDAR_ARCHIVED, by=by, target=target_of_calendar(row), changes=changes)
    return row


def levels_by(calendar: BusinessCalendarRow) -> Sequence[str]:
    """The names of the service levels in force that count by it, in their order."""
    used = sa.select(SlaRule.name).where(
        SlaRule.calendar_id == calendar.id, SlaRule.disabled_at.is_(None)
    )
    return db.session.scalars(used.order_by(SlaRule.position)).all()


def target_of_calendar(row: BusinessCalendarRow) -> Target:
    return Target(*_about(row))


def _about(row: BusinessCalendarRow) -> tuple[str, int, str]:
    return "calendar", row.id, row.name


def _locked(calendar: BusinessCalendarRow) -> BusinessCalendarRow:
    # Not the whole row: clocks that start meanwhile refer to it.
    db.session.refresh(calendar, with_for_update={"key_share": True})
    if calendar.archived_at is not None:
        raise Archived(f"{calendar.name} is archived, so it is not changed any more.")
    return calendar


def _refuse_taken(name: str, own_id: int | None = None) -> None:
    same = sa.select(BusinessCalendarRow.id).filter_by(name_key=name.casefold())
    found = db.session.scalar(same)
    if found is not None and found != own_id:
        raise NameTaken("There is a calendar of this name. Choose another one.", field="name")


def _add_version(by: Actor, row: BusinessCalendarRow, content: dict[str, object]) -> None:
    db.session.add(
        CalendarVersion(
            calendar_id=row.id,
            version=row.version,
            content=content,
            created_at=clock.now(),
            created_by_label=by.label,
        )
    )
    db.session.flush()
