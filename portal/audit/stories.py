"""What one of our people did, and what was done to them."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.browsing import EventRow, read_page
from portal.audit.filters import Filters
from portal.audit.models import AuditEvent
from portal.audit.scope import Conditions, fitting
from portal.core.actor import Actor, ActorType
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.web.paging import ListPage

PERSON = "admin"
"""How the ledger names our people, both as who acts and as what is acted on."""
_event = AuditEvent.__table__.c


@dataclass(frozen=True, slots=True)
class Story:
    """One page of it, and who it is about as the ledger last called them."""

    listing: ListPage[EventRow]
    name: str
    is_whole: bool
    """False where the reader may see only what the person did."""


def story_of(
    *, by: Actor, person_id: int, filters: Filters, zone: ZoneInfo, cursor: str | None = None
) -> Story:
    """The newest first. Of the filters every one counts but for who did it.

    Raises:
        NotFound: the reader may see nobody's events but their own, and this is somebody else.
    """
    sees_all = by.may(Permission.AUDIT_ALL)
    if not sees_all and (by.type is not ActorType.ADMIN or by.id != person_id):
        raise NotFound("There is no such person.")
    also = fitting(filters.without("actor"), zone)
    questions: list[Conditions] = [[*_did(person_id), *also]]
    if sees_all:
        questions.append([*_met(person_id), *also])
    listing = read_page(zone, questions, cursor=cursor)
    return Story(listing, _name_of(person_id, listing.items), is_whole=sees_all)


def _did(person_id: int) -> Conditions:
    return [_event.actor_type == PERSON, _event.actor_id == person_id]


def _met(person_id: int) -> Conditions:
    """What somebody else did to them. Who acts may have no number, which compares to nothing."""
    by_another = sa.or_(_event.actor_type != PERSON, _event.actor_id != person_id)
    return [_event.target_type == PERSON, _event.target_id == str(person_id), by_another]


def _name_of(person_id: int, rows: list[EventRow]) -> str:
    for row in rows:
        if row.actor_type == PERSON and row.actor_id == person_id:
            return row.actor_label
        if row.target_type == PERSON and row.target_id == str(person_id) and row.target_label:
            return row.target_label
    return f"person {person_id}"
