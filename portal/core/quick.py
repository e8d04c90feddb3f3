"""Reading in one statement without a transaction: for what is asked thousands of times a minute.

A statement is compiled once and sent on a driver's connection in autocommit, past the session and
its unit of work, which cost more than the query itself. In a request that writes it runs inside
the transaction, so that it sees what the request has done.
"""

import re
import time
from collections import deque, namedtuple
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors

from portal.core.database import LONGEST_LIFE, db, engine_options, is_read_only

MOST_IDLE = 8
"""Connections that wait for their next use; more are closed after theirs."""

PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"
"""A statement with many parts takes PostgreSQL longer to plan than to answer, at every asking."""

Select: TypeAlias = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[Any]


class Quick:
    """One select, sent as often as its caller likes. Its parameters are plain `bindparam`s.

    `is_spelt_out` writes every other value into the text, so that PostgreSQL plans for these very
    values, once. Whoever asks for it knows each to be plain: letters, digits, no quotes.
    """

    def __init__(self, statement: Select, *, is_spelt_out: bool = False) -> None:
        self._statement, self._is_spelt_out = statement, is_spelt_out
        self._forms: dict[str, _Form] = {}

    def rows(self, **values: Any) -> list[Any]:
        """All rows, as named tuples."""
        if is_read_only():
            return self.committed(**values)
        db.session.flush()
        connection = db.session.connection()
        return self._form(connection.dialect).rows_on(connection, values)

    def committed(self, **values: Any) -> list[Any]:
        """All rows, past whatever the running request has written."""
        engine: Any = db.engine
        form = self._form(engine.dialect)
        if isinstance(engine, Connection):  # one transaction around a whole test
            return form.rows_on(engine, values)
        return form.rows(_lines.get(engine) or _lines_beside(engine), values)

    def _form(self, dialect: Dialect) -> "_Form":
        form = self._forms.get(dialect.name)
        if form is None:
            spelt = _spelt_out(self._statement, dialect) if self._is_spelt_out else self._statement
            form = self._forms[dialect.name] = _Form(spelt, dialect)
        return form

    def row(self, **values: Any) -> Any:
        """The only row, or None."""
        found = self.rows(**values)
        return found[0] if found else None

    def early_row(self, **values: Any) -> Any:
        """The only row, or None. A request that has begun no transaction yet begins none by this.

        For what every request asks first: on SQLite one that writes waits for its turn only then.
        """
        return (self.row if db.session().in_transaction() else self.committed_row)(**values)

    def committed_row(self, **values: Any) -> Any:
        """The only row, or None, past whatever the running request has written."""
        found = self.committed(**values)
        return found[0] if found else None


def _spelt_out(statement: Any, dialect: Dialect) -> Any:
    """The statement with every value in its text, but for what it is asked with."""

    def literal(element: Any, **_: Any) -> Any:
        if not isinstance(element, sa.BindParameter) or element.value is None:
            return None
        text = element.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        return sa.literal_column(str(text), element.type)

    return visitors.replacement_traverse(statement, {}, literal)


class _Form:
    """A statement as one driver takes it."""

    def __init__(self, statement: Select, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text, self._order = str(compiled), compiled.positiontup
        # What a line of its own is sent: SQLite's parameters alone have an order by now.
        self._sent, self._sent_order = (
            _numbered(self._text) if self._order is None else (self._text, self._order)
        )
        # What an execution by the session would apply.
        self._binds: dict[str, Any] = dict(compiled._bind_processors)  # noqa: SLF001
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        columns = list(statement.selected_columns)
        self._make = _maker([column.key or "" for column in columns])
        processors = [
            column.type._cached_result_processor(dialect, None)  # noqa: SLF001
            for column in columns
        ]
        self._results = [(n, process) for n, process in enumerate(processors) if process]

    def rows(self, lines: "Lines", values: dict[str, Any]) -> list[Any]:
        given = self._given(values)
        return self._made(lines.fetch(self._sent, [given[name] for name in self._sent_order]))

    def rows_on(self, connection: Connection, values: dict[str, Any]) -> list[Any]:
        """The same on a connection of the session's, inside its transaction."""
        given: Any = self._given(values)
        parameters = tuple(given[name] for name in self._order) if self._order else given
        result: Any = connection.exec_driver_sql(self._text, parameters)
        error_of: Any = connection.dialect.loaded_dbapi.Error
        try:
            # As the driver has them: what a `Result` makes of each row is made here.
            found = result.cursor.fetchall()
        except error_of as error:
            raise _as_known(error, error_of, self._text) from error
        finally:
            result.close()
        return self._made(found)

    def _given(self, values: dict[str, Any]) -> dict[str, Any]:
        given = {**self._fixed, **values}
        for name, process in self._binds.items():
            given[name] = process(given[name])
        return given

    def _made(self, found: Iterable[Any]) -> list[Any]:
        if not self._results:
            return [self._make(each) for each in found]
        return [self._make(self._processed(list(each))) for each in found]

    def _processed(self, values: list[Any]) -> list[Any]:
        for n, process in self._results:
            values[n] = process(values[n])
        return values


def _as_known(
    error: Exception, error_of: type[Exception], text: str | None, *, is_lost: bool = False
) -> BaseException:
    """A driver's error as the session would raise it, without what the statement carried; of an
    attempt to connect there is no statement.
    """
    return DBAPIError.instance(text, None, error, error_of, connection_invalidated=is_lost)


def _maker(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    row = namedtuple("_Row", names)  # type: ignore[misc] # the names are those of the statement
    return row._make


class _Line(NamedTuple):
    connection: Any
    cursor: Any
    until: float
    """By the monotonic clock: from then on it is made anew."""


class Lines:
    """Connections that never begin a transaction, so that none has to be ended after a use.

    Each keeps its cursor, whose statements the server has prepared.
    """

    def __init__(self, engine: Engine) -> None:
        options = engine_options(str(engine.url)) | {"poolclass": sa.NullPool}
        self._more: dict[str, Any] = {}
        if engine.dialect.name != "sqlite":  # there `_configure_sqlite` leaves the driver none
            options["isolation_level"] = "AUTOCOMMIT"
            arguments = options["connect_args"]
            options["connect_args"] = {
                **arguments,
                "options": f"{arguments['options']} {PLANNED_ONCE}",
            }
            self._more["prepare"] = True
        self._engine = sa.create_engine(engine.url, **options)
        self._error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        self._idle: deque[_Line] = deque()
        self._is_closed = False

    def fetch(self, text: str, parameters: Any) -> list[tuple[Any, ...]]:
        """All rows. A connection that was lost since its last use is replaced: it only reads."""
        while line := self._idle_line():
            if time.monotonic() >= line.until:
                line.connection.close()
                continue
            with suppress(DBAPIError):  # this one is lost
                return self._fetch(line, text, parameters)
        return self._fetch(self._connected(), text, parameters)

    def _idle_line(self) -> _Line | None:
        try:
            return self._idle.pop()
        except IndexError:  # another thread may have taken the last one
            return None

    def _connected(self) -> _Line:
        try:
            connection: Any = self._engine.raw_connection()
        except self._error as error:
            raise _as_known(error, self._error, None) from error
        return _Line(connection, self._cursor_on(connection), time.monotonic() + LONGEST_LIFE)

    def _cursor_on(self, connection: Any) -> Any:
        if self._engine.dialect.name == "sqlite":
            return connection.cursor()
        return self._engine.dialect.loaded_dbapi.RawCursor(connection.driver_connection)

    def _fetch(self, line: _Line, text: str, parameters: Any) -> list[tuple[Any, ...]]:
        try:
            line.cursor.execute(text, parameters, **self._more)
            found: list[tuple[Any, ...]] = line.cursor.fetchall()
        except self._error as error:
            dialect: Any = self._engine.dialect
            driver = line.connection.driver_connection
            is_lost = dialect.is_disconnect(error, driver, line.cursor)
            line.connection.invalidate()
            raise _as_known(error, self._error, text, is_lost=is_lost) from error
        except BaseException:
            line.connection.invalidate()
            raise
        if len(self._idle) < MOST_IDLE and not self._is_closed:
            self._idle.append(line)
        else:
            line.connection.close()
        return found

    def close(self) -> None:
        """One that is in use closes after its use."""
        self._is_closed = True
        while line := self._idle_line():
            line.connection.close()


def _numbered(text: str) -> tuple[str, list[str]]:
    """With PostgreSQL's own `$1` for parameters, and their names in this order.

    Its driver looks for `%(name)s` in a statement of more than 4,096 letters at every asking.
    """
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return re.sub(r"%%|%\((\w+)\)s", number, text), names


_lines: WeakKeyDictionary[Engine, Lines] = WeakKeyDictionary()


def _lines_beside(engine: Engine) -> Lines:
    found = _lines.get(engine)
    if found is None:
        found = _lines[engine] = Lines(engine)
        if not event.contains(engine, "engine_disposed", _forget):
            event.listen(engine, "engine_disposed", _forget)
    return found


def _forget(engine: Engine) -> None:
    """The next read connects anew, wherever the engine's address leads by then."""
    found = _lines.pop(engine, None)
    if found is not None:
        found.close()
