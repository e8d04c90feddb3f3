"""The history of a ticket in plain words."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core.database import db
from portal.core.text import kept_apart
from portal.support.models import SupportTicket, TicketEvent
from portal.support.names import who_of_event
from portal.web.times import exact_in, reader_zone

MOST = 200
CAUSES = {
    "customer_replied": "as the customer wrote",
    "replied": "with a reply",
    "timer": "as time had passed",
    "idle": "as nobody had worked on it",
    "routed": "by the rules of the desk",
    "next": "as the next ticket",
    "round_robin": "in turn",
    "least_loaded": "as they had the most room",
    "sticky": "as the customer knows them",
    "away": "when going away",
    "absent": "as they were away",
    "gone": "as they work on tickets no more",
    "disabled": "as their account was disabled",
    "role_changed": "as their role changed",
    "reply_withdrawn": "as the answer was taken back",
    "escalation": "by the service level",
    "target_changed": "as less time was promised from then on",
}
OF_INSTANTS = frozenset({"snoozed"})
"""Kinds whose new value is an instant, as the API writes it."""
NUMBERED = {"bulk": "with many at once, change {}", "macro": "by a macro"}


class Happening(NamedTuple):
    """One line."""

    at: datetime
    who: str
    what: str


def history_of(ticket: SupportTicket) -> list[Happening]:
    """The newest first, at most 200."""
    query = (
        sa.select(
            TicketEvent.at,
            who_of_event(),
            TicketEvent.kind,
            TicketEvent.old,
            TicketEvent.new,
            TicketEvent.cause,
        )
        .where(TicketEvent.ticket_id == ticket.id)
        .order_by(TicketEvent.id.desc())
        .limit(MOST)
    )
    zone = reader_zone()
    return [
        Happening(at, who, in_words(kind, old, new, cause, zone))
        for at, who, kind, old, new, cause in db.session.execute(query)
    ]


def in_words(kind: str, old: str | None, new: str | None, cause: str | None, zone: ZoneInfo) -> str:
    """What happened, as the end of a sentence that begins with who did it; times in the zone."""
    why = f" ({_why(cause)})" if cause else ""
    if kind in OF_INSTANTS and new:
        new = exact_in(datetime.fromisoformat(new), zone)
    return f"{_what(kind, old, new)}{why}"


def _why(cause: str) -> str:
    kind, _, number = cause.partition(":")
    if number and kind in NUMBERED:
        return NUMBERED[kind].format(number)
    return CAUSES.get(cause, cause.replace("_", " "))


def _what(kind: str, old: str | None, new: str | None) -> str:
    own = OWN_WORDS.get(kind)
    if own is not None:
        values = old or "", new or ""
        return own(*(values if kind == "tags" else map(kept_apart, values)))
    name = kind.replace("_", " ")
    if old and new:
        return f"changed {name} from {_plain(old)} to {_plain(new)}"
    if new:
        return f"set {name} to {_plain(new)}"
    return f"took {name} {_plain(old)} away" if old else name


def _created(_old: str, new: str) -> str:
    return f"opened it by {_plain(new)}"


def _participants(old: str, new: str) -> str:
    return f"sends copies to {new}" if new else f"sends no copies to {old} any more"


def _snoozed(_old: str, new: str) -> str:
    return f"snoozed it until {new}" if new else "woke it"


def _macro(old: str, new: str) -> str:
    return f"applied the macro {new}" if new else f"took the macro {old} back"


def _tags(old: str, new: str) -> str:
    before, after = old.split(), new.split()
    added, removed = [t for t in after if t not in before], [t for t in before if t not in after]
    parts = [f"added {_list(added)}"] if added else []
    return " and ".join([*parts, *([f"removed {_list(removed)}"] if removed else [])])


def _list(tags: list[str]) -> str:
    return ("the tag " if len(tags) == 1 else "the tags ") + ", ".join(map(kept_apart, tags))


def _plain(value: str) -> str:
    return kept_apart(value.replace("_", " "))


def _subject(old: str, new: str) -> str:
    return f"changed the subject from “{old}” to “{new}”"


def _assigned(old: str, new: str) -> str:
    instead = f" instead of {old}" if old else ""
    return f"gave it to {new}{instead}" if new else f"took it from {old}"


def _team(old: str, new: str) -> str:
    return f"put it into the team {new}" if new else f"took it out of the team {old}"


OWN_WORDS: dict[str, Callable[[str, str], str]] = {
    "assigned": _assigned,
    "breached": lambda _old, new: f"noted that the promised {_plain(new)} is overdue",
    "created": _created,
    "followed_up": lambda _old, new: f"went on in {new}",
    "follow_up_of": lambda _old, new: f"went on from {new}",
    "linked": lambda _old, new: f"linked it to {new}",
    "unlinked": lambda old, _new: f"took the link to {old} away",
    "macro": _macro,
    "merged": lambda _old, new: f"merged {new} into it",
    "merge_undone": lambda old, _new: f"took {old} out of it again",
    "grant_ended": lambda old, _new: f"{old} ended",
    "grant_taken_back": lambda old, _new: f"took {old} back",
    "goodwill_given": lambda _old, new: f"made it good with {new}",
    "goodwill_requested": lambda _old, new: f"asked to make it good with {new}",
    "goodwill_approved": lambda _old, new: f"approved {new}",
    "goodwill_rejected": lambda _old, new: f"did not allow {new}",
    "goodwill_withdrawn": lambda _old, new: f"took {new} back",
    "granted": lambda _old, new: f"granted {new}",
    "participants": _participants,
    "rated": lambda _old, new: f"rated it {new.lower()}",
    "reply_withdrawn": lambda _old, _new: "took an answer back before it was sent",
    "snoozed": _snoozed,
    "split": lambda _old, new: f"made {new} of a part of it",
    "split_from": lambda _old, new: f"made it of a part of {new}",
    "subject": _subject,
    "tags": _tags,
    "team": _team,
    "woken": lambda _old, _new: "woke it",
}
