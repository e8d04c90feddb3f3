"""The lines of a queue as HTML. What says the same as before is not drawn again.

A queue is asked for every few seconds by everybody who has it open, and few of its lines differ
from one time to the next, or from one reader to another.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from portal.support.around import Looker
from portal.support.queue_rows import QueueRow

MOST_LOOKERS = 3
MOST_KEPT = 1000
"""Of about two kilobytes."""
INDENTED = re.compile(r"\n\s+")
"""No text of a line has more than one line."""


def drawn(
    rows: Iterable[QueueRow | str],
    *,
    place: str,
    lookers: Mapping[int, Sequence[Looker]],
    may_reply: bool,
) -> Markup:
    """All lines. A row that is a number alone is a ticket that cannot be seen any more."""
    macros: Any = current_app.jinja_env.get_template("support/_queue_line.html").module
    lines = (
        _line(macros.line, row, place, _few(row, lookers) if lookers else (), may_reply)
        for row in rows
    )
    return Markup("").join(lines)


def _few(row: QueueRow | str, lookers: Mapping[int, Sequence[Looker]]) -> tuple[Looker, ...]:
    return () if isinstance(row, str) else tuple(lookers.get(row.id, ())[:MOST_LOOKERS])


@lru_cache(maxsize=MOST_KEPT)
def _line(
    draw: Callable[..., Markup],
    row: QueueRow | str,
    place: str,
    lookers: tuple[Looker, ...],
    may_reply: bool,
) -> Markup:
    """By all that it shows, and by the template: a changed one draws anew."""
    html = draw(row, place, lookers, may_reply)
    return Markup(INDENTED.sub("\n", html))  # noqa: S704 - our template escapes
