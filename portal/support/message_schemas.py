"""What the API of messages, agents and service levels takes and gives."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from portal.support.words import AuthorType, Category, MessageKind, Priority
from portal.web.openapi import ExactBody, example
from portal.web.texts import Text

MESSAGE: dict[str, Any] = {
    "id": 2048,
    "ticket_number": "TCK-2026-000123",
    "body": "Did you try to switch it off and on?",
    "is_internal": False,
    "author": {"type": "agent", "name": "Bea Agent"},
    "attachments": [
        {"id": 5, "filename": "press.png", "media_type": "image/png", "size": 48213},
    ],
    "created_at": "2026-06-01T09:12:00Z",
}
FULL_MESSAGE: dict[str, Any] = {
    **MESSAGE,
    "kind": "public",
    "author": {"type": "agent", "name": "Bea Agent", "staff_id": 3, "user_id": None},
    "is_unverified": False,
}
AGENT: dict[str, Any] = {
    "id": 3,
    "name": "Bea Agent",
    "availability": "available",
    "is_taking": True,
    "load": 2.5,
    "capacity": 20,
    "skills": ["problem"],
    "teams": ["First line"],
}
RULE: dict[str, Any] = {
    "id": 1,
    "name": "Urgent",
    "position": 1,
    "version": 2,
    "is_enabled": True,
    "conditions": {
        "priority": "urgent",
        "min_plan_level": None,
        "channel": None,
        "category": None,
        "tag": None,
    },
    "targets_s": {
        "first_response": 3600,
        "next_response": 7200,
        "resolution": 28800,
        "update": None,
    },
    "calendar": {"id": 1, "name": "Office hours"},
    "warn_percent": 75,
}


class WriteBody(ExactBody):
    """A public message, or with `is_internal` a note that its customer never sees.

    A user's own token writes as that user, a person of ours as the agent; a service writes what
    the requester said. A customer's message to a merged, closed or long solved ticket goes where
    the matter goes on: the answer names that ticket.
    """

    model_config = example({"body": "It says E-42."}, {"body": "Ask Mo.", "is_internal": True})

    body: Text = Field(description="Plain text, at most 50,000 characters.")
    is_internal: bool = False


class AttachmentShape(BaseModel):
    id: int
    filename: str
    media_type: str
    size: int


class AuthorShape(BaseModel):
    """`staff_id` and `user_id` only for our own and services."""

    type: AuthorType
    name: str
    staff_id: int | None = None
    user_id: int | None = None


class MessageShape(BaseModel):
    """`kind` and `is_unverified` only for our own and services."""

    model_config = example(FULL_MESSAGE, MESSAGE)

    id: int
    ticket_number: str
    body: str
    is_internal: bool
    author: AuthorShape
    attachments: list[AttachmentShape]
    created_at: datetime
    kind: MessageKind | None = None
    is_unverified: bool | None = None


class MessagesShape(BaseModel):
    """The oldest first."""

    model_config = example({"items": [FULL_MESSAGE], "next_cursor": None})

    items: list[MessageShape]
    next_cursor: str | None


class AgentShape(BaseModel):
    """`load` is counted in tickets: one that waits for its customer weighs a quarter."""

    model_config = example(AGENT)

    id: int
    name: str
    availability: str
    is_taking: bool
    load: float
    capacity: int
    skills: list[Category]
    teams: list[str]


class AgentsShape(BaseModel):
    model_config = example({"items": [AGENT], "next_cursor": None})

    items: list[AgentShape]
    next_cursor: str | None


class ConditionsShape(BaseModel):
    """All that are not null must hold."""

    priority: Priority | None
    min_plan_level: int | None
    channel: str | None
    category: Category | None
    tag: str | None


class TargetsShape(BaseModel):
    """In seconds of the calendar's open hours; null: not promised."""

    first_response: int | None
    next_response: int | None
    resolution: int | None
    update: int | None


class CalendarShape(BaseModel):
    id: int
    name: str


class RuleShape(BaseModel):
    """Of the enabled ones, the first by position whose conditions hold counts."""

    model_config = example(RULE)

    id: int
    name: str
    position: int
    version: int
    is_enabled: bool
    conditions: ConditionsShape
    targets_s: TargetsShape
    calendar: CalendarShape
    warn_percent: int


class RulesShape(BaseModel):
    model_config = example({"items": [RULE], "next_cursor": None})

    items: list[RuleShape]
    next_cursor: str | None
