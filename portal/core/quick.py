"""Reading in one statement without a transaction: for what is asked thousands of times a minute.

A statement is compiled once and sent on a driver's connection in autocommit, past the session and
its unit of work, which cost more than the query itself. In a request that writes it runs inside
the transaction, so that it sees what the request has done.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine

from portal.core.database import db, engine_options, is_read_only

Processor = Callable[[Any], Any]
_engines: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()


class Quick:
    """One select, sent as often as its caller likes. Its parameters are plain `bindparam`s."""

    def __init__(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def rows(self, **values: Any) -> list[Any]:
        """All rows, as named tuples."""
        engine: Any = db.engine
        if not is_read_only():
            db.session.flush()
            return list(db.session.connection().execute(self._statement, values))
        if isinstance(engine, Connection):  # one transaction around a whole test
            return list(engine.execute(self._statement, values))
        form = self._forms.get(engine.dialect.name)
        if form is None:
            form = self._forms[engine.dialect.name] = _Form(self._statement, engine.dialect)
        return form.rows(_engine_beside(engine), values)

    def row(self, **values: Any) -> Any:
        """The only row, or None."""
        found = self.rows(**values)
        return found[0] if found else None


class _Form:
    """A statement as one driver takes it."""

    def __init__(
        self, statement: sa.Select[Any] | sa.CompoundSelect[Any], dialect: Dialect
    ) -> None:
        compiled = statement.compile(dialect=dialect)
        self._dialect = dialect
        self._text = str(compiled)
        self._order = compiled.positiontup
        # What an execution by the session would apply.
        self._binds: dict[str, Any] = dict(compiled._bind_processors)  # noqa: SLF001
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        columns = statement.selected_columns
        self._row = namedtuple("_row", [column.key or "" for column in columns])  # type: ignore[misc]
        self._results = [
            column.type._cached_result_processor(dialect, None)  # noqa: SLF001
            for column in columns
        ]
        self._is_plain = not any(self._results)

    def rows(self, engine: Engine, values: dict[str, Any]) -> list[Any]:
        given = {**self._fixed, **values}
        for name, process in self._binds.items():
            given[name] = process(given[name])
        parameters = [given[name] for name in self._order] if self._order else given
        try:
            found = _fetch(engine, self._text, parameters)
        except self._dialect.loaded_dbapi.OperationalError:
            # The server was started anew or closed an idle connection: nothing was changed.
            engine.dispose()
            found = _fetch(engine, self._text, parameters)
        if self._is_plain:
            return [self._row(*each) for each in found]
        return [self._row(*self._processed(each)) for each in found]

    def _processed(self, values: Iterable[Any]) -> Iterable[Any]:
        for process, value in zip(self._results, values, strict=True):
            yield value if process is None else process(value)


def _fetch(engine: Engine, text: str, parameters: Any) -> list[Any]:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        try:
            cursor.execute(text, parameters)
            return list(cursor.fetchall())
        finally:
            cursor.close()
    except BaseException:
        connection.invalidate()
        raise
    finally:
        connection.close()


def _engine_beside(engine: Engine) -> Engine:
    """A pool of connections that never begin a transaction, so that none has to be ended."""
    found = _engines.get(engine)
    if found is None:
        options = engine_options(str(engine.url))
        if engine.dialect.name != "sqlite":  # there `_configure_sqlite` leaves the driver none
            options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        found = _engines[engine] = sa.create_engine(engine.url, **options)
        event.listen(engine, "engine_disposed", lambda _: found.dispose())
    return found
