"""Which events hold a text: the one place that turns what is typed into a question to the index.

SQLite asks its FTS5 table, PostgreSQL its `tsvector`s (migration 0013). A word is found by its
beginning, without marks on Latin letters; an address, an id or a name with dashes whole, from its
start or the start of its domain, and by each of its parts.

An index answers without order, so words are looked for in one span of time after the other, the
first ones short: `rows_of` asks a statement that way. The index also knows stream, actor,
tenant and time of an event, by marks that nobody can type.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, repeat
from typing import Any
from unicodedata import ucd_3_2_0

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from portal.audit.actions import Outcome, Severity
from portal.audit.models import AuditEvent
from portal.audit.readable import instant_of
from portal.core import clock
from portal.core.database import db, is_sqlite

MOST_WORDS = 12
LONGEST_WORD = 100
SHORTEST_PREFIX = 3
"""A shorter word is looked for as it is: a letter begins a good part of all words."""
INNER = "@._-+:/"
QUESTION = "audit_question"
SPANS = (("d", timedelta(days=3)), ("d", timedelta(days=20)), ("m", timedelta(days=60)))
"""The unit and the length of each span that is looked through; the last goes on to the end."""
FEW = 2000
"""So many events that hold the words are looked at all at once, if the short spans hold too few."""
EARLIEST, A_DAY = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=1)
UNITS = {"d": "%Y%m%d", "m": "%Y%m"}
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

    It selects `id`, is limited to that many, and ordered by time from the newest, or where
    `is_older` is false from the oldest. With `has_text` in it, it is asked of one span of time
    after the other; its conditions on `occurred_at` must hold for every row.
    """
    connection = db.session.connection()
    asked = _questions(statement)
    if not asked:
        return list(connection.execute(statement))
    found: dict[str, sa.Row[*tuple[Any, ...]]] = {}
    for place, span in enumerate(_spans(*_bounds(statement), is_older=is_older)):
        is_last = place == len(SPANS) - 1 and _are_few(asked)
        values = asked if is_last else {k: _and([v, span]) for k, v in asked.items()}
        found |= {row.id: row for row in connection.execute(statement, values)}
        if is_last or len(found) >= wanted:
            break
    return list(found.values())[:wanted]


def _questions(statement: sa.Select[Any]) -> dict[str, str]:
    return {
        str(part.key): str(part.value)
        for part in visitors.iterate(statement)
        if isinstance(part, sa.BindParameter) and str(part.key).startswith(QUESTION)
    }


def _are_few(asked: dict[str, str]) -> bool:
    parts = [
        sa.select(sa.func.count()).select_from(
            _answers(sa.bindparam(name, type_=sa.String)).limit(FEW + 1).subquery()
        )
        for name in asked
    ]
    query = sa.select(*(part.scalar_subquery() for part in parts))
    return all(count <= FEW for count in db.session.connection().execute(query, asked).one())


def _spans(first: datetime, last: datetime, *, is_older: bool) -> Iterator[str]:
    """From one end to the other. Each begins in the day or month that the one before ended in."""
    edge, end = (last, first) if is_older else (first, last)
    for unit, length in chain(SPANS, repeat(SPANS[-1])):
        until = max(edge - length, end) if is_older else min(edge + length, end)
        yield _or([_mark(unit, each) for each in _units(unit, edge, until)])
        if until == end:
            break
        edge = until


def _units(unit: str, begin: datetime, end: datetime) -> list[str]:
    """Every day or month that holds an instant between these two."""
    first, last = min(begin, end), max(begin, end)
    days = range((last - first).days + 2)
    instants = (min(first + timedelta(days=day), last) for day in days)
    return list(dict.fromkeys(at.strftime(UNITS[unit]) for at in instants))


def _bounds(statement: sa.Select[Any]) -> tuple[datetime, datetime]:
    """Between which instants every row lies: as its conditions say, or as the events do."""
    first, last = _ends()
    for part in visitors.iterate(statement):
        if not isinstance(part, sa.BinaryExpression) or (at := _instant(part)) is None:
            continue
        if part.operator in {operators.lt, operators.le}:
            last = min(last, at)
        elif part.operator in {operators.gt, operators.ge}:
            first = max(first, at)
    return first, max(first, last)


def _ends() -> tuple[datetime, datetime]:
    """When the oldest and the newest event happened."""
    at = _event.occurred_at
    ends = [sa.select(sa.func.min(at)), sa.select(sa.func.max(at))]
    query = sa.select(*(end.scalar_subquery() for end in ends))
    first, last = db.session.connection().execute(query).one()
    now = clock.now()
    # A row that was put in by hand may name any time: no span is looked through for it alone.
    begin = max(instant_of(first) or EARLIEST, EARLIEST) if first else now
    return min(begin, now), min(instant_of(last) or now, now + A_DAY) if last else now


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
