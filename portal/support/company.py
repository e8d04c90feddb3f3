"""Who and what stands around a ticket: participants, watchers, who is there, what is half written.

Also which team could have it, and how its customer liked it. One question for all, as a page asks
for them together.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.copies import copied, taking_part
from portal.support.drafts import mark_of
from portal.support.models import (
    SupportTeam,
    SupportTicket,
    TicketDraft,
    TicketPresence,
    TicketRating,
    TicketWatcher,
)
from portal.support.presence import LASTS, Present, is_replying
from portal.support.ratings import SCORES
from portal.support.words import MessageKind

PARTICIPANT, INACTIVE = "participant", "participant_inactive"
NOBODY = sa.cast(sa.null(), sa.Integer)
NOTHING = sa.cast(sa.null(), sa.Text)
NEVER = sa.cast(sa.null(), UTCDateTime())


class Participant(NamedTuple):
    """Somebody who takes part: their name and address of now."""

    id: int
    name: str
    email: str
    is_outside: bool
    """Their address is of another domain than the requester's."""
    is_active: bool
    """False: a user of the customer who was deactivated, and gets no copies."""


class Watcher(NamedTuple):
    """Somebody of ours who is told."""

    id: int
    name: str


class Rating(NamedTuple):
    """What the customer thought of the latest solution that they rated."""

    score: int
    comment: str
    at: datetime

    @property
    def label(self) -> str:
        return SCORES[self.score]


@dataclass(slots=True)
class Around:
    """What was found."""

    requester_email: str
    participants: list[Participant] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    present: list[Present] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)
    """By kind: what the reader has written and not sent."""
    teams: list[tuple[int, str]] = field(default_factory=list)
    """Those that take tickets, by name, and the one that has it."""
    rating: Rating | None = None

    @property
    def copied(self) -> list[Participant]:
        """Who gets a copy of a mail."""
        active = sorted(one for one in self.participants if one.is_active)
        return copied(active, requester_email=self.requester_email)

    def is_watched_by(self, admin_id: int) -> bool:
        return any(watcher.id == admin_id for watcher in self.watchers)

    def draft(self, kind: MessageKind) -> str:
        return self.drafts.get(kind.value, "")

    def draft_mark(self, kind: str) -> str:
        """For a form that is drawn with this draft."""
        return mark_of(self.drafts.get(kind, ""))


def around(ticket: SupportTicket, admin_id: int) -> Around:
    """As the person of this number sees it: their own drafts, and everybody but themselves."""
    now, found = clock.now(), Around(ticket.requester_email)
    domain = domain_of(ticket.requester_email)
    rows = _beside().rows(
        ticket=ticket.id,
        tenant=ticket.tenant_id,
        team=ticket.team_id,
        admin=admin_id,
        since=now - LASTS,
    )
    for what, row_id, name, text, at in rows:
        if what in {PARTICIPANT, INACTIVE}:
            outside, is_active = domain_of(text) != domain, what == PARTICIPANT
            found.participants.append(Participant(row_id, name, text, outside, is_active))
        elif what == "watcher":
            found.watchers.append(Watcher(row_id, name))
        elif what == "present":
            found.present.append(Present(row_id, name, is_replying(at, now)))
        elif what == "team":
            found.teams.append((row_id, name))
        elif what == "rating":
            found.rating = Rating(row_id, text, at)
        else:
            found.drafts[name] = text
    return found


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].casefold()


@cache
def _beside() -> Quick:
    """Built once: every page of a ticket asks."""
    ticket_id, tenant_id, admin_id, team_id = (
        sa.bindparam(name, type_=sa.Integer) for name in ("ticket", "tenant", "admin", "team")
    )
    since = sa.bindparam("since", type_=UTCDateTime())
    who = taking_part(ticket_id=ticket_id, tenant_id=tenant_id).c
    participants = sa.select(
        sa.case((who.active, PARTICIPANT), else_=INACTIVE).label("what"),
        who.id.label("row_id"),
        sa.cast(who.name, sa.Text).label("name"),
        sa.cast(who.email, sa.Text).label("text"),
        NEVER.label("at"),
    )
    watchers = (
        sa.select(sa.literal("watcher"), Admin.id, sa.cast(Admin.name, sa.Text), NOTHING, NEVER)
        .join(TicketWatcher, TicketWatcher.admin_id == Admin.id)
        .where(TicketWatcher.ticket_id == ticket_id)
    )
    present = (
        sa.select(
            sa.literal("present"),
            Admin.id,
            sa.cast(Admin.name, sa.Text),
            NOTHING,
            TicketPresence.typed_at,
        )
        .join(TicketPresence, TicketPresence.admin_id == Admin.id)
        .where(
            TicketPresence.ticket_id == ticket_id,
            TicketPresence.admin_id != admin_id,
            TicketPresence.seen_at > since,
        )
    )
    drafts = sa.select(
        sa.literal("draft"), NOBODY, sa.cast(TicketDraft.kind, sa.Text), TicketDraft.body, NEVER
    ).where(TicketDraft.ticket_id == ticket_id, TicketDraft.admin_id == admin_id)
    is_offered = sa.or_(SupportTeam.archived_at.is_(None), SupportTeam.id == team_id)
    teams = sa.select(
        sa.literal("team"), SupportTeam.id, sa.cast(SupportTeam.name, sa.Text), NOTHING, NEVER
    ).where(is_offered)
    every: sa.CompoundSelect[Any] = sa.union_all(
        participants, watchers, present, drafts, teams, _rating(ticket_id)
    )
    return Quick(every.order_by("what", "name", "row_id"))


def _rating(ticket_id: sa.BindParameter[int]) -> sa.Select[Any]:
    latest = (
        sa.select(TicketRating)
        .where(TicketRating.ticket_id == ticket_id)
        .order_by(TicketRating.solved_at.desc())
        .limit(1)
        .subquery()
    )
    comment = sa.cast(latest.c.comment, sa.Text)
    return sa.select(sa.literal("rating"), latest.c.score, NOTHING, comment, latest.c.rated_at)
