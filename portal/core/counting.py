"""Counting no further than anybody reads: what a page shows stays cheap however much there is."""

from typing import Any

import sqlalchemy as sa

MOST_COUNTED = 999


def capped(rows: sa.Select[*tuple[Any, ...]], most: int = MOST_COUNTED) -> sa.ScalarSelect[Any]:
    """How many rows, counted up to one more than are shown."""
    few = rows.limit(most + 1).subquery()
    return sa.select(sa.func.count()).select_from(few).scalar_subquery()


def in_words(count: int, most: int = MOST_COUNTED) -> str:
    """The number of a count that stopped at its end."""
    return f"{most}+" if count > most else str(count)
