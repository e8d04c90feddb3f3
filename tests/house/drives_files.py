"""How each change around mails and files of the support desk is driven once."""

from portal.support.ratings import rating_token
from portal.support.words import Status
from tests.support.desk import answer, make_ticket


def _rate(s):
    ticket = make_ticket()
    answer(ticket, s.bea, status=Status.SOLVED)
    token = rating_token(ticket)
    s.secrets.add(token)
    return s.visitor.submit(f"/rate/{token}", score="3", comment="Quick!")


def _undo_send(s):
    ticket = make_ticket()
    message = answer(ticket, s.ann).message
    place = f"/support/tickets/{ticket.number}/undo-send"
    return s.here.submit(place, message_id=str(message.id))


DRIVES = {"support.give_rating": _rate, "support.undo_reply": _undo_send}
