"""Opening tickets, and changing what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict
from portal.customers.models import Tenant, User
from portal.staff.models import Admin
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription
from portal.support import attachments, clocks, outgoing
from portal.support.assignment import route
from portal.support.attachments import Upload
from portal.support.bodies import checked_body, checked_subject
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket
from portal.support.numbers import next_number
from portal.support.thread import add_message
from portal.support.words import AuthorType, Category, Channel, MessageKind, Priority, Status


class NobodyToAnswer(Conflict):
    """The requester was erased, so nothing can be said to them."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new ticket is about.

    `author` is who of ours wrote its first message to the customer; None: the customer wrote it,
    or one of ours wrote down what the customer said.
    """

    subject: str
    body: str
    channel: Channel
    category: Category = Category.QUESTION
    priority: Priority = Priority.MEDIUM
    author: Admin | None = None
    submit_key: str | None = None
    uploads: Sequence[Upload] = ()


def open_ticket(*, by: Actor, requester: User, opening: Opening) -> SupportTicket:
    """A new ticket of a customer's user, with its first message, routed to a team and an agent.

    The clock of the first response starts when the customer wrote the first message.

    Raises:
        BadSubject, BadBody, BadAttachment: what was written or attached (422).
        NobodyToAnswer: the requester was erased (409).
    """
    if requester.erased_at is not None:
        raise NobodyToAnswer("This person was erased: there is nobody to answer.")
    subject, body = checked_subject(opening.subject), checked_body(opening.body)
    ticket = new_row(by, requester, subject, opening)
    db.session.add(ticket)
    db.session.flush()
    is_ours = opening.author is not None
    message = add_message(
        ticket,
        kind=MessageKind.PUBLIC,
        author=AuthorType.AGENT if is_ours else AuthorType.CUSTOMER,
        body=body,
        at=ticket.created_at,
        submit_key=opening.submit_key,
        author_admin_id=opening.author.id if opening.author else None,
        author_user_id=None if is_ours else requester.id,
        author_name=opening.author.name if opening.author else requester.name,
    )
    attachments.attach(message, opening.uploads)
    if is_ours:
        outgoing.mail_reply(ticket, message)
    note_event(ticket, "created", by=by, new=opening.channel)
    clocks.ticket_created(ticket, ticket.created_at)
    record(
        Action.TICKET_CREATED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={
            "channel": opening.channel.value,
            "priority": opening.priority.value,
            "user_id": requester.id,
        },
    )
    route(by=by, ticket=ticket)
    return ticket


def new_row(by: Actor, requester: User, subject: str, opening: Opening) -> SupportTicket:
    """The row of a ticket, not stored yet and without any message."""
    now = clock.now()
    tenant = db.session.get_one(Tenant, requester.tenant_id)
    plan_name, plan_level = plan_of(tenant.id)
    is_ours = opening.author is not None
    return SupportTicket(
        number=next_number(),
        subject=subject,
        channel=opening.channel,
        category=opening.category,
        priority=opening.priority,
        status=Status.OPEN if is_ours else Status.NEW,
        is_open=True,
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        plan_name=plan_name,
        plan_level=plan_level,
        requester_id=requester.id,
        requester_name=requester.name,
        requester_email=requester.email,
        tags=[],
        waiting_since=None if is_ours else now,
        is_unread=not is_ours,
        # As the defaults of the table are not read before it is stored.
        version=1,
        message_count=0,
        reopened_count=0,
        last_message_at=now,
        last_message_by=AuthorType.AGENT if is_ours else AuthorType.CUSTOMER,
        created_at=now,
        created_by=by.id if by.type is ActorType.ADMIN else None,
    )


def plan_of(tenant_id: int) -> tuple[str | None, int]:
    """Display name and level of the plan that counts for a tenant now; level 0 without any."""
    own = sa.select(Subscription.plan_id).where(
        Subscription.tenant_id == tenant_id, in_force(clock.now())
    )
    query = (
        sa.select(PlanTemplate.display_name, PlanTemplate.level)
        .where(sa.or_(PlanTemplate.id.in_(own), PlanTemplate.is_fallback))
        .order_by(PlanTemplate.is_fallback, PlanTemplate.level.desc())
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None else (None, 0)


def fallback_plan() -> tuple[str | None, int]:
    """As `plan_of`, for a tenant with no plan of its own."""
    query = sa.select(PlanTemplate.display_name, PlanTemplate.level)
    row = db.session.execute(query.where(PlanTemplate.is_fallback)).first()
    return (row[0], row[1]) if row is not None else (None, 0)
