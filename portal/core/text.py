"""Text of strangers in one normal form, at a cost that grows with its length alone."""

import re
from functools import cache
from unicodedata import bidirectional, category, combining, normalize

MOST_MARKS = 30  # Stream-Safe Text Format, UAX #15: no language stacks more on one letter
JOINER = "\u034f"  # COMBINING GRAPHEME JOINER, which is not seen and ends a run of marks
FIRST_MARK, LAST_MARK = 0x300, 0x1FFFF
UNSEEN = frozenset({"Cc", "Cf", "Cs"})
NOTHING = UNSEEN | {"Zl", "Zp", "Zs"}
"""Categories of what nobody sees by itself: controls, formats, space."""
FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
"""What is not seen either, though it calls itself a letter, a mark or a symbol."""
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of the text around it."""
LEFTWARDS = frozenset({"R", "AL", "AN"})


def nfc(text: str) -> str:
    """Unicode's normal form C of the text, made stream-safe first.

    Ordering a run of combining marks takes the square of its length, so that half a megabyte of
    them would keep a process busy for minutes.
    """
    if text.isascii():
        return text
    return normalize("NFC", _too_many_marks().sub(lambda run: run[0] + JOINER, text))


@cache
def _too_many_marks() -> re.Pattern[str]:
    # What decomposes into marks counts as one, though it may call itself a starter (U+0F73).
    marks = (chr(code) for code in range(FIRST_MARK, LAST_MARK) if not 0xD800 <= code < 0xE000)
    found = "".join(mark for mark in marks if combining(normalize("NFD", mark)[0]))
    one = f"[{re.escape(found)}]"
    return re.compile(f"{one}{{{MOST_MARKS}}}(?={one})")


def plain_lines(text: str) -> str:
    """Without NUL, which no database keeps, and with one kind of line end."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def is_blank(text: str) -> bool:
    """Is there nothing in it that anybody could see?"""
    return all(category(one) in NOTHING or FILLERS.match(one) for one in text)


def has_unseen(text: str) -> bool:
    """Controls and formats, but for the joiners that emoji and some scripts are written with."""
    return any(category(one) in UNSEEN and one not in "\u200c\u200d" for one in text)


def one_line(text: str) -> str:
    """In normal form C, on one line with single spaces; empty where nothing can be seen."""
    found = " ".join(nfc(text).split())
    return "" if is_blank(found) else found


def kept_apart(text: str) -> str:
    """A value for the middle of a sentence: in whatever direction it runs, it turns no other word.

    As `<bdi>` does it, for text that is no HTML yet.
    """
    if text.isascii():
        return text
    found = TURNS.sub("", text)
    is_leftwards = any(bidirectional(one) in LEFTWARDS for one in found)
    return f"\u2068{found}\u2069" if is_leftwards else found
