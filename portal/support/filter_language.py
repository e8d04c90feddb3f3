"""What people type to narrow a queue: `status:open,pending tenant:acme due:<2h "blue screen"`.

Words and phrases look into the ticket, `name:value` asks for a property, several values by comma
mean any of them, and a minus before a part turns it around. All parts must hold.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from portal.core.errors import DomainError
from portal.support.filter_values import FIELDS, LONGEST_VALUE, Unfit

LONGEST = 500
MOST_PARTS = 30
SORT = "sort"
QUOTE, ESCAPE = '"', "\\"
NAME = re.compile(r"([A-Za-z][A-Za-z_-]*):")
SPECIAL = re.compile(r'[\s,]|^"')


class BadFilter(DomainError):
    """The text is no filter. `start` and `end` say which part of it is wrong."""

    title = "This filter cannot be read"

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message, field="q")
        self.start, self.end = start, end

    @property
    def place(self) -> int:
        """Where the wrong part begins, as people count characters."""
        return self.start + 1


@dataclass(frozen=True, slots=True)
class Words:
    """Something that the ticket says: one word, or words next to each other."""

    text: str
    is_phrase: bool = False
    is_not: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the ticket, and the values of which one must fit."""

    name: str
    values: tuple[str, ...]
    is_not: bool = False


Part: TypeAlias = Words | Property


@dataclass(frozen=True, slots=True)
class Filter:
    """All of these parts hold. Without any, every ticket fits."""

    parts: tuple[Part, ...] = ()

    def asks_for(self, name: str, value: str | None = None) -> bool:
        """Does a part ask for this property, and for this value of it?"""
        asked = self._of(name)
        return any(value is None or (value in p.values and not p.is_not) for p in asked)

    def asks_only_for(self, name: str, values: Collection[str]) -> bool:
        """Does a part ask for this property, and for none but these values of it?"""
        asked = self._of(name)
        return any(not p.is_not and set(p.values) <= set(values) for p in asked)

    @property
    def sort(self) -> str | None:
        """The order that it asks for last."""
        asked = self._of(SORT)
        return asked[-1].values[0] if asked else None

    def sorted_by(self, value: str | None) -> "Filter":
        """The same in this order alone, or in the usual one."""
        sorts = self._of(SORT)
        rest = tuple(part for part in self.parts if part not in sorts)
        return Filter(rest + ((Property(SORT, (value,)),) if value else ()))

    @property
    def is_too_long(self) -> bool:
        """Its written form could not be read again."""
        return len(self.parts) > MOST_PARTS or len(written(self)) > LONGEST

    def _of(self, name: str) -> list[Property]:
        return [part for part in self.parts if isinstance(part, Property) and part.name == name]

    def without(self, place: int) -> "Filter":
        """The same without the part at this place."""
        return Filter(self.parts[:place] + self.parts[place + 1 :])

    def __add__(self, other: "Filter") -> "Filter":
        return Filter(self.parts + other.parts)


EVERYTHING = Filter()


def parse(text: str) -> Filter:
    """What the text asks for.

    Raises:
        BadFilter: what is wrong, where, and what would be right.
    """
    if len(text) > LONGEST:
        raise BadFilter(f"Use at most {LONGEST} characters.", LONGEST, len(text))
    reader, parts = _Reader(_printable(text)), list[Part]()
    while reader.skip_space():
        if len(parts) == MOST_PARTS:
            raise BadFilter(f"Use at most {MOST_PARTS} parts.", reader.at, len(text))
        parts.append(reader.part())
    found = Filter(tuple(parts))
    if len(written(found)) > LONGEST:  # by the spaces and marks that were left out
        raise BadFilter(f"Use at most {LONGEST} characters.", 0, len(text))
    return found


def _printable(text: str) -> str:
    """Control characters and halves of characters become spaces, so that places stay the same."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in text)


class _Reader:
    """Goes over the text once, from the left."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def skip_space(self) -> bool:
        """Go to the next part. False: there is none."""
        self.at = self.end_of(str.isspace)
        return self.at < len(self.text)

    def end_of(self, fits: Callable[[str], bool]) -> int:
        """Where the run of characters that fit ends."""
        end = self.at
        while end < len(self.text) and fits(self.text[end]):
            end += 1
        return end

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def part(self) -> Part:
        start = self.at
        following = self.text[self.at + 1 : self.at + 2]
        is_not = self.here() == "-" and bool(following.strip())
        self.at += is_not
        if self.here() == QUOTE:
            return self.phrase(start, is_not=is_not)
        named = NAME.match(self.text, self.at)
        if named is None:
            return Words(self.run(lambda c: not c.isspace()), is_not=is_not)
        return self.property(named, start, is_not=is_not)

    def run(self, fits: Callable[[str], bool]) -> str:
        start, self.at = self.at, self.end_of(fits)
        return self.text[start : self.at]

    def phrase(self, start: int, *, is_not: bool) -> Words:
        said = " ".join(self.quoted().split())
        if not said:
            raise BadFilter("There is nothing between these quotation marks.", start, self.at)
        return Words(said, is_phrase=True, is_not=is_not)

    def quoted(self) -> str:
        """What stands between quotation marks; a backslash keeps a mark or itself from ending."""
        start, said = self.at, []
        self.at += 1
        while self.here() not in {QUOTE, ""}:
            following = self.text[self.at + 1 : self.at + 2]
            self.at += self.here() == ESCAPE and following in {QUOTE, ESCAPE}
            said.append(self.here())
            self.at += 1
        if not self.here():
            raise BadFilter('This quotation mark has no other: add a " .', start, self.at)
        self.at += 1
        return "".join(said)

    def property(self, named: re.Match[str], start: int, *, is_not: bool) -> Property:
        name = named[1].lower().replace("-", "_")
        if name not in FIELDS:
            raise BadFilter(_no_such_filter(named[1]), start, named.end())
        self.at = named.end()
        values = [self.value(name, start)]
        while self.here() == ",":
            self.at += 1
            values.append(self.value(name, start))
        if name == SORT and (is_not or len(values) > 1):
            raise BadFilter("“sort:” takes one value, and no minus.", start, self.at)
        return Property(name, tuple(dict.fromkeys(values)), is_not=is_not)

    def value(self, name: str, start: int) -> str:
        begin, is_quoted = self.at, self.here() == QUOTE
        text = self.quoted() if is_quoted else self.run(lambda c: not c.isspace() and c != ",")
        text = " ".join(text.split())
        if is_quoted and self.here() not in {"", ","} and not self.here().isspace():
            raise BadFilter("Put a space or a comma after the quotation mark.", begin, self.at)
        if not text:
            raise BadFilter(f"“{name}:” {FIELDS[name].takes}.", start, self.at)
        if len(text) > LONGEST_VALUE:
            raise BadFilter(f"Use at most {LONGEST_VALUE} characters here.", begin, self.at)
        try:
            return FIELDS[name].read(text)
        except Unfit as error:
            raise BadFilter(_no_such_value(name, text, error), begin, self.at) from error


def _no_such_filter(name: str) -> str:
    meant = get_close_matches(name.lower(), FIELDS, n=1)
    advice = f"Did you mean “{meant[0]}:”?" if meant else "Put it in quotes to look for the words."
    return f"“{name}:” is no filter. {advice}"


def _no_such_value(name: str, text: str, error: Unfit) -> str:
    meant = get_close_matches(text.lower(), error.choices, n=1)
    advice = f" Did you mean “{meant[0]}”?" if meant else ""
    return f"“{name}:” {FIELDS[name].takes}, not “{text}”.{advice}"


def written(narrowed: Filter) -> str:
    """The filter in its one written form: `parse(written(x)) == x`."""
    return " ".join(written_part(part) for part in narrowed.parts)


def written_part(part: Part) -> str:
    """One part in its written form."""
    sign = "-" if part.is_not else ""
    if isinstance(part, Words):
        return sign + (_in_quotes(part.text) if part.is_phrase else part.text)
    values = (_in_quotes(v) if SPECIAL.search(v) else v for v in part.values)
    return f"{sign}{part.name}:{','.join(values)}"


def _in_quotes(text: str) -> str:
    said = re.sub(r'\\(?=["\\]|$)|"', lambda found: ESCAPE + found[0], text)
    return f"{QUOTE}{said}{QUOTE}"
