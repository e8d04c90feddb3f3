"""What somebody has written and not sent yet: kept per ticket, person and kind."""

from portal.support.models import SupportTicket
from portal.support.words import MessageKind


def consume(ticket: SupportTicket, admin_id: int, kind: MessageKind) -> None: ...
