"""Which events hold a text: the one place that turns what is typed into a question to the index.

SQLite asks its FTS5 table, PostgreSQL its `tsvector`s (migration 0013). A word is found by its
beginning, without marks on Latin letters; an address, an id or a name with dashes whole, from its
start or the start of its domain, and by each of its parts.

An index answers without order, so a common word is first looked for in a short span of time and
only then in a longer one: `rows_of` asks a statement that way. The index also knows stream, actor,
tenant and time of an event, by marks that nobody can type.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unicodedata import ucd_3_2_0

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from portal.audit.actions import Outcome, Severity
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db

MOST_WORDS = 12
LONGEST_WORD = 100
SHORTEST_PREFIX = 3
"""A shorter word is looked for as it is: a letter begins a good part of all words."""
INNER = "@._-+:/"
QUESTION = "audit_question"
SPANS: tuple[tuple[str, timedelta], ...] = (
    ("h", timedelta(hours=4)),
    ("d", timedelta(days=2)),
    ("d", timedelta(days=14)),
    ("m", timedelta(days=75)),
    ("m", timedelta(days=300)),
)
"""The unit and the length of each span that is looked through before all of the past."""
UNITS = {"h": "%Y%m%d%H", "d": "%Y%m%d", "m": "%Y%m"}
_event = AuditEvent.__table__.c


def has_text(
    text: str,
    *,
    stream: str | None = None,
    actor: tuple[str, int] | None = None,
    tenant_id: int | None = None,
) -> sa.ColumnElement[bool]:
    """Events that hold every word of the text, wherever in labels, reason, action or request id.

    What else the query asks of stream, actor (type and id) or tenant may be repeated here: it
    makes the search faster and decides nothing.
    """
    words = words_of(text)
    if not words:
        return sa.false()
    marks = {
        "s": stream,
        "a": f"{actor[0]}{actor[1]}" if actor else None,
        "t": None if tenant_id is None else str(tenant_id),
    }
    known = {kind: value for kind, value in marks.items() if value is not None}
    parts = [_word(word) for word in words] + [_mark(k, v) for k, v in known.items()]
    # One name for each kind of question, so that a statement is compiled once.
    name = "_".join((QUESTION, *known))
    asked = sa.bindparam(name, _and(parts), type_=sa.String)
    return _event.id.in_(_answers(asked))


def _answers(asked: sa.BindParameter[str]) -> sa.Select[Any]:
    if is_sqlite():
        index, events = sa.table("audit_search", sa.column("rowid")), _places()
        found = sa.select(events.c.event_id).join_from(
            index, events, events.c.place == index.c.rowid
        )
        return found.where(sa.column("audit_search").op("MATCH")(asked))
    index = sa.table("audit_search", sa.column("id"), sa.column("words"))
    query = sa.cast(asked, sa.Text).op("::")(sa.literal_column("tsquery"))
    # The offset is a fence: a plan that walks all events and asks each would take seconds.
    return sa.select(index.c.id).where(index.c.words.op("@@")(query)).offset(sa.literal_column("0"))


@cache
def _places() -> sa.TableClause:
    return sa.table("audit_search_events", sa.column("place"), sa.column("event_id"))


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def words_of(text: str) -> list[str]:
    """What is looked for, in small letters as the index has them: no operator among it."""
    # FTS5 takes marks off letters by a table of its own, from the question as from the text.
    small = unicodedata.normalize("NFC", text[:1000].lower())
    known = "".join(
        c if _is_of_a_word(c) else " " for c in (small if is_sqlite() else plain(small))
    )
    words = [word.strip(INNER)[:LONGEST_WORD] for word in known.split()]
    return list(dict.fromkeys(word for word in words if word))[:MOST_WORDS]


def _is_of_a_word(character: str) -> bool:
    # FTS5 knows the letters of Unicode 6.1; those of 3.2 are among them and stand in Python.
    return character in INNER or ucd_3_2_0.category(character)[0] in "LN"


def plain(text: str) -> str:
    """Without marks, as migration 0013 has PostgreSQL do it."""
    marked = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", marked))


def _word(word: str) -> str:
    is_prefix = len(word) >= SHORTEST_PREFIX
    if is_sqlite():
        return f'"{word}"' + " *" * is_prefix
    return f"'{word}'" + ":*" * is_prefix


def _mark(kind: str, value: str) -> str:
    return f'"~{kind}{value}"' if is_sqlite() else f"'~{kind}{value}'"


def _and(parts: Sequence[str]) -> str:
    return (" AND " if is_sqlite() else " & ").join(parts)


def _or(parts: Sequence[str]) -> str:
    return "(" + (" OR " if is_sqlite() else " | ").join(parts) + ")"


def rows_of(
    statement: sa.Select[*tuple[Any, ...]], *, wanted: int, is_older: bool = True
) -> list[sa.Row[*tuple[Any, ...]]]:
    """The statement's rows, at least `wanted` of them or all there are.

    It is limited to that many and ordered by time, from the newest, or where `is_older` is false
    from the oldest. A statement with `has_text` in it is asked of ever longer spans of time.
    """
    connection = db.session.connection()
    rows: list[sa.Row[*tuple[Any, ...]]] = []
    for values in _spans(statement, is_older=is_older):
        rows = list(connection.execute(statement, values))
        if len(rows) >= wanted:
            break
    return rows


def _spans(statement: sa.Select[Any], *, is_older: bool) -> Iterator[Mapping[str, str]]:
    asked = {
        str(found.key): str(found.value)
        for found in visitors.iterate(statement)
        if isinstance(found, sa.BindParameter) and str(found.key).startswith(QUESTION)
    }
    first, last = _bounds(statement)
    for unit, length in SPANS if asked else ():
        edge = last if is_older else first
        if edge is None:
            break
        begin = max(edge - length, first or edge - length) if is_older else edge
        end = edge if is_older else min(edge + length, last or edge + length)
        if (begin, end) == (first, last):
            break
        span = _or([_mark(unit, each) for each in _units(unit, begin, end)])
        yield {name: _and([question, span]) for name, question in asked.items()}
    yield {}


def _units(unit: str, begin: datetime, end: datetime) -> list[str]:
    """Every hour, day or month that holds an instant of the span."""
    step = timedelta(hours=1) if unit == "h" else timedelta(days=1)
    count = int((end - begin) / step) + 2
    instants = (min(begin + step * n, end) for n in range(count))
    return list(dict.fromkeys(at.strftime(UNITS[unit]) for at in instants))


def _bounds(statement: sa.Select[Any]) -> tuple[datetime | None, datetime | None]:
    """Between which instants its conditions hold every row, as far as they say so themselves."""
    first, last = None, clock.now() + timedelta(minutes=5)
    for found in visitors.iterate(statement):
        if not isinstance(found, sa.BinaryExpression):
            continue
        at = _instant(found)
        if at is None:
            continue
        if found.operator in {operators.lt, operators.le}:
            last = min(last, at)
        elif found.operator in {operators.gt, operators.ge}:
            first = max(first or at, at)
    return first, last


def _instant(found: sa.BinaryExpression[Any]) -> datetime | None:
    """What `occurred_at`, alone or as the first of a key, is compared with."""
    left, right = _first_of(found.left), _first_of(found.right)
    if left is not _event.occurred_at or not isinstance(right, sa.BindParameter):
        return None
    return datetime.fromisoformat(str(right.value)).astimezone(UTC)


def _first_of(side: Any) -> Any:
    return side.clauses[0] if isinstance(side, sa.Tuple) else side


def is_outcome(outcome: Outcome) -> sa.ColumnElement[bool]:
    """The outcome, said so that the small index of the rare ones serves it."""
    same = _event.outcome == outcome.value
    if outcome is Outcome.SUCCESS:
        return same
    return sa.and_(same, _event.outcome != sa.literal_column("'success'"))


def is_severity(severity: Severity) -> sa.ColumnElement[bool]:
    """The severity, said so that the small index of the rare ones serves it."""
    same = _event.severity == severity.value
    if severity is Severity.INFO:
        return same
    return sa.and_(same, _event.severity != sa.literal_column("'info'"))
