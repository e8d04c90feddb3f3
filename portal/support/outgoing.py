"""Public replies as mails to the requester and the participants."""

from portal.support.models import SupportMessage, SupportTicket


def mail_reply(ticket: SupportTicket, message: SupportMessage) -> None: ...
