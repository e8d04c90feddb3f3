"""What the API of tickets takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from portal.support.tagging import MOST as MOST_TAGS
from portal.support.words import Category, Priority, Status
from portal.web.moments import Moment
from portal.web.openapi import ExactBody, example
from portal.web.texts import Text
from portal.web.urls import LARGEST_ID

MIDDLE = "`normal` is taken as `medium`."

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Chosen = Literal["open", "pending", "on_hold", "solved", "closed", "spam"]
"""What somebody may choose by a program. Merging and deleting are done by people."""

TICKET: dict[str, Any] = {
    "number": "TCK-2026-000123",
    "subject": "The press stopped",
    "status": "open",
    "priority": "medium",
    "category": "problem",
    "messages_count": 3,
    "merged_into": None,
    "created_at": "2026-06-01T09:00:00Z",
    "updated_at": "2026-06-01T11:30:00Z",
    "last_message_at": "2026-06-01T11:30:00Z",
}
FULL_TICKET: dict[str, Any] = {
    **TICKET,
    "id": 512,
    "version": 9,
    "channel": "api",
    "tags": ["press", "vip"],
    "requester": {"id": 12, "name": "Uma User", "email": "uma@acme.example"},
    "tenant": {"id": 7, "name": "Acme Boxes"},
    "plan": "Professional",
    "assignee": {"id": 3, "name": "Bea Agent"},
    "team_id": 1,
    "is_unread": False,
    "waiting_since": None,
    "next_due_at": None,
    "snoozed_until": None,
    "first_response_at": "2026-06-01T09:12:00Z",
    "solved_at": None,
    "closed_at": None,
    "reopened_count": 0,
}


class TicketPath(BaseModel):
    """The number of a ticket, as in `TCK-2026-000123`."""

    number: str


class AttachmentPath(TicketPath):
    attachment_id: int


class OpenBody(ExactBody):
    """A new ticket and its first message. A user's own token names no `user_id`: it is theirs.

    Whoever else opens one names the user whose ticket it is, and writes down what they said.
    """

    model_config = example(
        {"subject": "The press stopped", "body": "It says E-42.", "user_id": 12},
        {"subject": "An invoice twice", "body": "See June.", "category": "billing"},
    )

    subject: Text = Field(description="At most 300 characters.")
    body: Text = Field(description="Plain text, at most 50,000 characters.")
    priority: Priority = Field(Priority.MEDIUM, description=MIDDLE)
    category: Category = Category.QUESTION
    user_id: Id | None = None


class TicketChangeBody(ExactBody):
    """What is left out stays as it is; `tags` takes the place of all that there are.

    With `version` nothing changes unless the ticket is still at it (409 `stale`). A user's own
    token says `"status": "solved"` of a ticket that they opened, and nothing else.
    """

    model_config = example(
        {"status": "pending", "priority": "high", "tags": ["press"], "version": 9},
        {"status": "solved"},
    )

    status: Chosen | None = None
    priority: Priority | None = Field(None, description=MIDDLE)
    category: Category | None = None
    subject: Text | None = Field(None, description="At most 300 characters.")
    tags: list[Text] | None = Field(None, max_length=MOST_TAGS)
    version: Id | None = None


class AgentBody(ExactBody):
    """The agent who works on it from now on; null: nobody."""

    model_config = example({"agent_id": 3}, {"agent_id": None})

    agent_id: Id | None


class PageQuery(BaseModel):
    cursor: str | None = Field(
        None, max_length=500, description="`next_cursor` of the page before."
    )
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class TicketQuery(PageQuery):
    """The newest first; with `updated_after`, by our own and by services, in the order of changes.

    For a user's own token a ticket changes when it is written to, solved or closed.
    """

    status: Status | None = None
    tenant_id: Id | None = None
    user_id: Id | None = None
    updated_after: Moment | None = None


class TicketShape(BaseModel):
    """A ticket as its customer sees it."""

    model_config = example(TICKET)

    number: str
    subject: str
    status: Status
    priority: Priority
    category: Category
    messages_count: int
    merged_into: str | None
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime


class PersonShape(BaseModel):
    id: int
    name: str


class RequesterShape(PersonShape):
    email: str


class FullTicketShape(TicketShape):
    """A ticket as our own and services see it; a user's own token gets a `TicketShape`."""

    model_config = example(FULL_TICKET)

    id: int
    version: int
    channel: str
    tags: list[str]
    requester: RequesterShape
    tenant: PersonShape
    plan: str | None
    assignee: PersonShape | None
    team_id: int | None
    is_unread: bool
    waiting_since: datetime | None
    next_due_at: datetime | None
    snoozed_until: datetime | None
    first_response_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    reopened_count: int


class EitherTicketShape(RootModel[FullTicketShape | TicketShape]):
    """Whole for our own and services, as its customer sees it for a user's own token."""

    model_config = example(FULL_TICKET, TICKET)


class TicketsShape(BaseModel):
    model_config = example({"items": [FULL_TICKET], "next_cursor": None})

    items: list[EitherTicketShape]
    next_cursor: str | None


class AssignedShape(BaseModel):
    """`warning` says what speaks against the agent: they are away, or have enough."""

    model_config = example({"ticket": FULL_TICKET, "warning": "Bea Agent is away."})

    ticket: FullTicketShape
    warning: str | None
