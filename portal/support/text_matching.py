"""Which tickets say something: the one place that turns searched words into a condition."""

from collections.abc import Sequence

import sqlalchemy as sa

from portal.support.models import SupportTicket
from portal.support.numbers import read_number

_ticket = SupportTicket.__table__.c


def text_condition(words: Sequence[str], phrases: Sequence[str]) -> sa.ColumnElement[bool]:
    """Tickets that hold every word and every phrase in their subject, requester or number."""
    return sa.and_(sa.true(), *(_says(text) for text in (*words, *phrases)))


def _says(text: str) -> sa.ColumnElement[bool]:
    number = read_number(text)
    if number is not None:
        return _ticket.number == number
    found = [
        _ticket.subject.icontains(text, autoescape=True),
        _ticket.requester_name.icontains(text, autoescape=True),
        _ticket.requester_email.istartswith(text, autoescape=True),
    ]
    if text.isascii() and text.isdigit():
        found.append(_ticket.number.endswith(f"-{text:0>6}"))
    return sa.or_(*found)
