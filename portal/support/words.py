"""The closed lists of the support desk: what a ticket, a message and an agent can be."""

import re
from enum import StrEnum

LONGEST_TAG = 40
TAG = re.compile(r"\w[\w.:+-]*")


class Status(StrEnum):
    """Where a ticket stands. `portal.support.statuses` says which may follow which."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"
    SPAM = "spam"
    MERGED = "merged"
    DELETED = "deleted"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def is_open(self) -> bool:
        """Somebody of ours or the customer still has something to do."""
        return self in OPEN_STATUSES


OPEN_STATUSES = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})
FINISHED_STATUSES = frozenset(Status) - OPEN_STATUSES


class Priority(StrEnum):
    """How much a ticket hurts, the least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @classmethod
    def _missing_(cls, value: object) -> "Priority | None":
        """What programs send and ask for that were written when the middle one was `normal`."""
        return cls.MEDIUM if value == "normal" else None

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Category(StrEnum):
    """What a ticket is about."""

    QUESTION = "question"
    PROBLEM = "problem"
    ACCESS = "access"
    BILLING = "billing"
    FEATURE = "feature"
    OTHER = "other"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Channel(StrEnum):
    """By which way a ticket came."""

    WEB = "web"
    API = "api"
    EMAIL = "email"
    PHONE = "phone"

    @property
    def label(self) -> str:
        return {"api": "API", "email": "E-mail"}.get(self.value, self.value.capitalize())


class MessageKind(StrEnum):
    """Who may read a message. Only a public one ever leaves the portal."""

    PUBLIC = "public"
    NOTE = "note"
    SYSTEM = "system"


class AuthorType(StrEnum):
    """Who wrote a message. Only what an agent wrote satisfies a service level."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


class Availability(StrEnum):
    """Does an agent take tickets now?"""

    AVAILABLE = "available"
    AWAY = "away"


class Strategy(StrEnum):
    """How the tickets of a team find an agent."""

    MANUAL = "manual"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class LinkKind(StrEnum):
    """How one ticket belongs to another."""

    RELATED = "related"
    FOLLOW_UP_OF = "follow_up_of"
    MERGED_INTO = "merged_into"
    SPLIT_FROM = "split_from"
