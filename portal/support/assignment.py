"""Who works on a ticket: taken, given, or found by the strategy of its team."""

from portal.core.actor import Actor
from portal.staff.models import Admin
from portal.support.models import SupportTicket


def assign_on_reply(*, by: Actor, ticket: SupportTicket, author: Admin) -> None: ...


def route(*, by: Actor, ticket: SupportTicket) -> None: ...
