"""The clocks of a ticket: started, stopped and satisfied with what happens to it.

Each is called in the transaction of its cause, with the ticket locked and the cause's own time.
"""

from datetime import datetime

from portal.support.models import SupportTicket
from portal.support.words import Status


def ticket_created(ticket: SupportTicket, at: datetime) -> None: ...


def customer_wrote(ticket: SupportTicket, at: datetime) -> None: ...


def agent_replied(ticket: SupportTicket, at: datetime) -> None: ...


def status_changed(ticket: SupportTicket, old: Status, new: Status, at: datetime) -> None: ...


def terms_changed(ticket: SupportTicket, at: datetime) -> None: ...


def merged_away(source: SupportTicket, target: SupportTicket, at: datetime) -> None: ...
