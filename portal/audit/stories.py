"""What one of our people did, and what was done to them."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.browsing import EventRow, read_page
from portal.audit.filters import Filters
from portal.audit.models import AuditEvent
from portal.audit.scope import Conditions, Reach, about_money, fitting, reach_of
from portal.core.actor import Actor, ActorType
from portal.core.errors import NotFound
from portal.web.paging import ListPage

PERSON = "admin"
"""How the ledger names our people, both as who acts and as what is acted on."""
_event = AuditEvent.__table__.c


class Part(StrEnum):
    """How much of a story its reader may see."""

    WHOLE = "whole"
    ABOUT_MONEY = "about_money"
    OWN_DEEDS = "own_deeds"


@dataclass(frozen=True, slots=True)
class Story:
    """One page of it, and who it is about as the ledger last called them."""

    listing: ListPage[EventRow]
    name: str
    part: Part


def story_of(
    *, by: Actor, person_id: int, filters: Filters, zone: ZoneInfo, cursor: str | None = None
) -> Story:
    """The newest first. Of the filters every one counts but for who did it.

    Raises:
        NotFound: the reader may see nobody's events but their own, and this is somebody else.
    """
    also = fitting(filters.without("actor"), zone)
    part = _part_for(by, person_id)
    questions = [[*where, *also] for where in _questions(part, person_id)]
    listing = read_page(zone, questions, cursor=cursor)
    return Story(listing, _name_of(person_id, listing.items), part)


def _part_for(by: Actor, person_id: int) -> Part:
    reach = reach_of(by)
    if reach is Reach.EVERYBODY:
        return Part.WHOLE
    if by.type is ActorType.ADMIN and by.id == person_id:
        return Part.OWN_DEEDS
    if reach is Reach.OWN_AND_MONEY:
        return Part.ABOUT_MONEY
    raise NotFound("There is no such person.")


def _questions(part: Part, person_id: int) -> list[Conditions]:
    if part is Part.OWN_DEEDS:
        return [_did(person_id)]
    narrowed = [about_money()] if part is Part.ABOUT_MONEY else []
    return [[*_did(person_id), *narrowed], [*_met(person_id), *narrowed]]


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
