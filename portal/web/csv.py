"""Tables as files for a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from flask import Response

MEDIA_TYPE = "text/csv; charset=utf-8"
FORMULA = re.compile(
    r"[\t\r\n]"
    r"|[\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
)
"""A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection), also where the
sign is as wide as a Chinese character, or stands behind what it drops when it reads the file:
control characters, spaces, marks without width.
"""


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to save. A cell that a spreadsheet would run as a formula is made a plain text."""
    text = csv_lines([heads, *rows])
    answer = Response(text, content_type=MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """Rows as RFC 4180 writes them, for a file that is sent in parts."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")  # a text file holds none, and spreadsheets drop it
    return f"'{text}" if is_like_formula(text) else text


def is_like_formula(text: str) -> bool:
    """Would a spreadsheet run this cell?"""
    return FORMULA.match(text) is not None
