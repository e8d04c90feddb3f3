"""Telling our people what happened to their tickets, under the bell."""

from portal.core.actor import Actor
from portal.support.models import SupportMessage, SupportTicket


def message_added(*, by: Actor, ticket: SupportTicket, message: SupportMessage) -> None: ...


def ticket_assigned(*, by: Actor, ticket: SupportTicket) -> None: ...
