"""Several rows as one text: what a statement of one row can bring along, and compare."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JsonRows(FunctionElement[str]):
    """An aggregate: a JSON array of rows, each an array of these columns; `[]` without any."""

    inherit_cache = True
    type = sa.Text()


@compiles(JsonRows, "postgresql")
def _on_postgresql(element: JsonRows, compiler: SQLCompiler, **more: Any) -> str:
    columns = compiler.process(element.clauses, **more)
    return f"coalesce(CAST(json_agg(json_build_array({columns})) AS text), '[]')"


@compiles(JsonRows, "sqlite")
def _on_sqlite(element: JsonRows, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **more)}))"
