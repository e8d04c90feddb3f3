"""`@name` in a note: whom of ours it means."""

import re
from typing import NamedTuple

import sqlalchemy as sa

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportAgent

MENTION = re.compile(r"(?<![\w.@/-])@(\w[\w.+-]*)")
SHORTEST = 2
MOST = 20
"""People that one note may call."""
NO_WORD = re.compile(r"[^\w]+")


class Mentionable(NamedTuple):
    """An active agent, and what they may be called by."""

    id: int
    name: str
    local_part: str
    slug: str

    @classmethod
    def of(cls, agent_id: int, name: str, email_key: str) -> "Mentionable":
        return cls(agent_id, name, email_key.partition("@")[0], slug_of(name))


def slug_of(name: str) -> str:
    """`Bea Agent` as `bea-agent`."""
    return NO_WORD.sub("-", name.casefold()).strip("-")


def mentioned_in(text: str) -> list[int]:
    """Whom a text calls: by the whole local part or slug of a name, else by its beginning.

    A beginning of two letters or more that several share calls them all: one notice too many does
    less harm than one that never comes.
    """
    words = {found.rstrip(".-+").casefold() for found in MENTION.findall(text)} - {""}
    if not words:
        return []
    people = mentionable()
    called = {person.id: None for word in sorted(words) for person in _meant(word, people)}
    return list(called)[:MOST]


def _meant(word: str, people: list[Mentionable]) -> list[Mentionable]:
    exact = [person for person in people if word in {person.local_part, person.slug}]
    if exact or len(word) < SHORTEST:
        return exact
    return [
        person
        for person in people
        if person.local_part.startswith(word) or person.slug.startswith(word)
    ]


def mentionable() -> list[Mentionable]:
    """Every agent who works now, by name."""
    query = (
        sa.select(Admin.id, Admin.name, Admin.email_key)
        .join(SupportAgent, SupportAgent.id == Admin.id)
        .where(SupportAgent.is_active, Admin.disabled_at.is_(None))
        .order_by(Admin.name, Admin.id)
    )
    return [Mentionable.of(*row) for row in db.session.execute(query)]
