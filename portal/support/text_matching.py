"""Which tickets say something: the one place that turns searched words into conditions.

SQLite asks its FTS5 tables, PostgreSQL its `tsvector`s (migration 0009). On both a word is a run
of letters and digits, without marks on Latin letters, by its English stem; a phrase is words next
to each other, and so are the parts of an address or a number.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.core.database import is_sqlite
from portal.support.models import SupportMessage, SupportTicket
from portal.support.numbers import read_number

MOST_WORDS = 12
WORD = re.compile(r"[^\W_]+")
HEADS, MESSAGES = "ticket_search_heads", "ticket_search_messages"
_ticket, _message = SupportTicket.__table__.c, SupportMessage.__table__.c


def text_condition(words: Sequence[str], phrases: Sequence[str]) -> sa.ColumnElement[bool]:
    """Tickets that hold every word and every phrase, wherever: for people who may read notes."""
    return sa.and_(sa.true(), *(_says(text) for text in (*words, *phrases)))


def says_beside(texts: Sequence[str]) -> sa.ColumnElement[bool]:
    """That tickets which hold one of these texts hold every other one, too.

    For a few tickets that are at hand: PostgreSQL looks into each of them, rather than list all
    that hold a word.
    """
    if len(texts) == 1 and read_number(texts[0]) is None and terms_of(texts[0]):
        return sa.true()
    says = _says if is_sqlite() else _says_itself
    return sa.and_(sa.true(), *map(says, texts))


def _says_itself(text: str) -> sa.ColumnElement[bool]:
    """The same as `_says`, in a form that is asked ticket by ticket."""
    terms = terms_of(text)
    if read_number(text) is not None or not terms:
        return _says(text)
    asked, heads, words = question([terms]), index(HEADS), index(MESSAGES)
    own = sa.select(heads.c.id).where(heads.c.id == _ticket.id, matches(HEADS, asked))
    said = (
        sa.select(words.c.id)
        .join(SupportMessage, _message.id == words.c.id)
        .where(_message.ticket_id == _ticket.id, matches(MESSAGES, asked))
    )
    # With a limit it stays a question about one ticket: an EXISTS would be made a list of all.
    found = [
        query.limit(1).correlate(SupportTicket.__table__).scalar_subquery().is_not(None)
        for query in (own, said)
    ]
    return sa.or_(*found)


def _says(text: str) -> sa.ColumnElement[bool]:
    number = read_number(text)
    if number is not None:
        return _ticket.number == number
    terms = terms_of(text)
    if not terms:
        return sa.false()
    asked = question([terms])
    found = [
        _ticket.id.in_(sa.select(key).where(held))
        for key, held in (
            (index(HEADS).c.id, matches(HEADS, asked)),
            (_message.ticket_id, sa.and_(_message.id.in_(_ids(asked)))),
        )
    ]
    return sa.or_(*found)


def _ids(asked: str) -> sa.Select[Any]:
    return sa.select(index(MESSAGES).c.id).where(matches(MESSAGES, asked))


def terms_of(text: str) -> list[str]:
    """The words of a text as the index knows them, before their stems are taken."""
    return [plain(word) for word in WORD.findall(text)][:MOST_WORDS]


def plain(word: str) -> str:
    """In small letters, and Latin ones without marks."""
    marked = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", "".join(c for c in marked if not "\u0300" <= c <= "\u036f"))


def index(name: str) -> sa.TableClause:
    """One of the two indexes; `id` is that of the ticket or message."""
    return _index(name, "rowid" if is_sqlite() else "id")


@cache
def _index(name: str, key: str) -> sa.TableClause:
    number: sa.ColumnClause[int] = sa.column(key, sa.BigInteger)
    number.key = "id"
    return sa.table(name, number, sa.column("words"))


def question(phrases: Sequence[Sequence[str]]) -> str:
    """Any of these rows of words, as the database's own search takes it.

    Every word is quoted, so that nothing a person types is an operator.
    """
    if is_sqlite():
        return " OR ".join('"' + " ".join(each) + '"' for each in phrases)
    rows = (" <-> ".join(f"'{word}'" for word in each) for each in phrases)
    return " | ".join(f"({row})" for row in rows)


def matches(name: str, asked: str) -> sa.ColumnElement[bool]:
    """Does the indexed row answer the question?"""
    if is_sqlite():
        return sa.column(name).op("MATCH")(asked)
    return index(name).c.words.op("@@")(_query(asked))


def rank(name: str, asked: str) -> sa.ColumnElement[float]:
    """How well it answers, the best the lowest."""
    if is_sqlite():
        return sa.func.bm25(sa.column(name), type_=sa.Float)
    return -sa.func.ts_rank_cd(index(name).c.words, _query(asked), type_=sa.Float)


def _query(asked: str) -> Any:
    """PostgreSQL's own, in the text of the statement: a rare word wants another plan than a common.

    With a parameter it takes, from the tenth asking of a connection on, one plan for all words.
    """
    words = sa.bindparam(None, asked, sa.String(), unique=True, literal_execute=True)
    return sa.func.to_tsquery(sa.literal_column("'ticket_words'"), words)
