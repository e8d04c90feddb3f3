"""A few words around what was found, with it marked."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from portal.support.text_matching import WORD, plain

BEFORE, LENGTH = 60, 200
SHORTEST_STEM = 4


def snippet_of(text: str, terms: Sequence[str]) -> Markup:
    """About 200 characters of the text around the first of the terms, all of them marked."""
    flat = " ".join(text.split())
    first = next((m.start() for m in WORD.finditer(flat) if _is_one(m[0], terms)), 0)
    begin = max(0, first - BEFORE)
    if begin:
        begin = flat.find(" ", begin, first) + 1 or first
    part = flat[begin : begin + LENGTH]
    end = "…" if begin + LENGTH < len(flat) else ""
    return Markup("{}{}{}").format("…" if begin else "", _marked(part, terms), end)


def _marked(text: str, terms: Sequence[str]) -> Markup:
    parts, end = [], 0
    for found in WORD.finditer(text):
        if _is_one(found[0], terms):
            parts += [escape(text[end : found.start()]), Markup("<mark>{}</mark>").format(found[0])]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _is_one(word: str, terms: Sequence[str]) -> bool:
    """By its beginning: close enough to the stems by which the database found it."""
    found = plain(word)
    return any(
        found == term or (len(term) >= SHORTEST_STEM and found.startswith(_stem(term)))
        for term in terms
    )


def _stem(term: str) -> str:
    return term[: max(SHORTEST_STEM, len(term) - 3)]
