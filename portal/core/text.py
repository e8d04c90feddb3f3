"""Text of strangers in one normal form, at a cost that grows with its length alone."""

import re
from functools import cache
from unicodedata import combining, normalize

MOST_MARKS = 30  # Stream-Safe Text Format, UAX #15: no language stacks more on one letter
JOINER = "\u034f"  # COMBINING GRAPHEME JOINER, which is not seen and ends a run of marks
FIRST_MARK, LAST_MARK = 0x300, 0x1FFFF


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
