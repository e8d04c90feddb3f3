"""Reading a CSV file of customers, whatever a spreadsheet or a stranger made of it.

Pure: bytes in, lines out. A file that cannot be understood is refused whole, with what to mend; a
line that cannot be taken is refused alone.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.core.errors import DomainError
from portal.web.csv import is_like_formula

COLUMNS = (
    "tenant_external_id",
    "tenant_name",
    "user_external_id",
    "user_name",
    "user_email",
    "plan",
)
OPTIONAL = frozenset({"plan"})
DELIMITERS = (",", ";", "\t")
LARGEST = 1_000_000
MOST_LINES = 20_000
LONGEST_CELL = 1000


class BadFile(DomainError):
    """Not a file of customers; the message says what to mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, by its number there. `fault` says why it cannot be taken."""

    number: int
    values: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ImportFile:
    """All lines, and what whoever sent it should know of how it was read."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def read_file(data: bytes, *, largest: int = LARGEST, most_lines: int = MOST_LINES) -> ImportFile:
    """The lines of the file.

    Raises:
        BadFile: it is empty, too large, no text, or lacks a column.
    """
    if len(data) > largest:
        raise BadFile(f"The file is larger than {largest // 1_000_000} MB. Split it.")
    text, notes = _text(data)
    reader, header = _reader(text)
    notes += _notes_on(header)
    lines = tuple(_lines(reader, header, most_lines))
    if not lines:
        raise BadFile("There is no line below the names of the columns.")
    return ImportFile(lines, notes)


def _text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """UTF-8; UTF-16 with its mark, as spreadsheets save “Unicode text”; else Windows-1252."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return _checked(data.decode("utf-16")), ()
        return _checked(data.decode("utf-8-sig")), ()
    except UnicodeDecodeError:
        pass
    try:
        text = _checked(data.decode("cp1252"))
    except UnicodeDecodeError as error:
        raise BadFile("This is no text that we can read. Save it as CSV in UTF-8.") from error
    note = "The file is not in UTF-8. It was read as Windows-1252: look at the accents in names."
    return text, (note,)


def _checked(text: str) -> str:
    if "\0" in text:
        raise BadFile("This is no text file. Save it as CSV in UTF-8.")
    if not text.strip():
        raise BadFile("The file is empty.")
    return text


def _reader(text: str) -> tuple[Iterator[tuple[int, list[str]]], Sequence[str]]:
    """The lines below the header, and the header, by whichever delimiter gives our columns."""
    missing: list[str] = []
    for delimiter in DELIMITERS:
        rows = _rows(text, delimiter)
        header = [name.strip().lower() for name in next(rows, (0, []))[1]]
        lacking = [name for name in COLUMNS if name not in header and name not in OPTIONAL]
        if not lacking:
            _check_twice(header)
            return rows, header
        if not missing or len(lacking) < len(missing):
            missing = lacking
    raise BadFile(
        f"The first line must name the columns, with commas between. Missing: {', '.join(missing)}."
    )


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFile(f"Line {number} cannot be read: {error}.") from error
        yield number, row


def _check_twice(header: Sequence[str]) -> None:
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise BadFile(f"A column is named twice: {', '.join(twice)}.")


def _notes_on(header: Sequence[str]) -> tuple[str, ...]:
    unknown = [name[:40] for name in header if name and name not in COLUMNS]
    if not unknown:
        return ()
    return (f"Columns that mean nothing here were left out: {', '.join(unknown[:10])}.",)


def _lines(
    rows: Iterator[tuple[int, list[str]]], header: Sequence[str], most_lines: int
) -> Iterator[Line]:
    count = 0
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        count += 1
        if count > most_lines:
            raise BadFile(f"The file has more than {most_lines:,} lines. Split it.")
        yield _line(number, header, row)


def _line(number: int, header: Sequence[str], row: Sequence[str]) -> Line:
    cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
    fault = None
    if len(row) > len(header):
        fault = f"It has {len(row)} values for {len(header)} columns."
    given = {name: cells.get(name, "") for name in COLUMNS}
    for name, cell in given.items():
        if len(cell) > LONGEST_CELL:
            fault = fault or f"{name}: {len(cell):,} characters are too many."
        elif is_like_formula(cell):
            fault = fault or (
                f"{name}: a spreadsheet would run “{cell[:20]}” as a formula. "
                "Is it meant so? Then write ' before it."
            )
    return Line(number, {name: _plain(cell) for name, cell in given.items()}, fault)


def _plain(cell: str) -> str:
    """Without the mark by which our own exports keep a text from being run as a formula."""
    if cell.startswith("'") and is_like_formula(cell[1:]):
        cell = cell[1:]
    return cell[:LONGEST_CELL]
