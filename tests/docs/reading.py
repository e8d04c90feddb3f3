"""The docs as a reader finds them: links, images, commands, addresses and names of settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal.config import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], key=lambda page: page.as_posix()
)
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SPANS = re.compile(r"`([^`]+)`")
LABEL = re.compile(r"(?<![*\w])\*([A-Z][^*\n]*(?:\n[^*\n]+)?)\*(?!\*)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?:\.venv/bin/)?flask --app wsgi ((?:[^\\`\n#|]|\\\n)+)")
MAKE = re.compile(r"(?:^|[`\s(])make ([a-z]+)(?=[`\s)]|$)", re.MULTILINE)
ADDRESS = re.compile(r"^(?:(GET|POST|PUT|PATCH|DELETE) +)?(/[a-z][^\s`?]*)")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CALL = re.compile(rf"^({'|'.join(METHODS)}) +(/api/[^\s]+)[ ]*(.*)$", re.MULTILINE)
FIELD = re.compile(r'"([a-z_]+)"\??')
SETTING = re.compile(r"PORTAL_[A-Z_]+[A-Z]")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a page says, as a test's id names it."""

    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.text[:50]}"


@cache
def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def prose_of(page: Path) -> str:
    """Without what stands in fences."""
    return FENCE.sub("", text_of(page))


def links() -> Iterator[Found]:
    """Those that lead somewhere in the repository."""
    for page in PAGES:
        for target in LINK.findall(prose_of(page)):
            if "://" not in target and not target.startswith("mailto:"):
                yield Found(page, target)


def images() -> Iterator[Found]:
    for page in PAGES:
        for _, target in IMAGE.findall(prose_of(page)):
            yield Found(page, target)


def commands() -> Iterator[Found]:
    """What is given to `flask --app wsgi`, in fences and in lines."""
    for page in PAGES:
        lines = (" ".join(code.split()) for code in SPANS.findall(prose_of(page)))
        for words in COMMAND.findall("\n".join([*FENCE.findall(text_of(page)), *lines])):
            yield Found(page, " ".join(words.replace("\\\n", " ").split()))


def make_words() -> Iterator[Found]:
    for page in PAGES:
        for word in MAKE.findall("\n".join([*FENCE.findall(text_of(page)), *codes(page)])):
            yield Found(page, word)


def codes(page: Path) -> list[str]:
    return CODE.findall(prose_of(page))


def addresses() -> Iterator[Found]:
    """`GET /api/...` of lists of calls, and paths of pages in lines of text."""
    for page in PAGES:
        lines = [line for block in FENCE.findall(text_of(page)) for line in block.splitlines()]
        for text in [*lines, *codes(page)]:
            found = ADDRESS.match(text)
            if found and (found[1] or "." not in found[2]):
                yield Found(page, " ".join(found[0].split()))


def labels() -> Iterator[Found]:
    """What a page says is written on the screen, each step of `*Here > There*` by itself."""
    for page in PAGES:
        for text in LABEL.findall(prose_of(page)):
            for step in " ".join(text.split()).split(" > "):
                yield Found(page, step.strip())


def anchors_of(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    plain = (re.sub(r"[^\w\- ]", "", text.lower()) for text in HEADING.findall(prose_of(page)))
    return {text.replace(" ", "-") for text in plain}


def bodies() -> Iterator[tuple[str, str, list[str]]]:
    """Of lists of calls: method, path, and the names of the fields that are sent."""
    for page in PAGES:
        for block in FENCE.findall(text_of(page)):
            for method, path, rest in CALL.findall(block):
                sent = rest[rest.find("{") + 1 : rest.find("}")] if "{" in rest else ""
                if sent and _method(method, rest) not in ("GET", "DELETE"):
                    yield _method(method, rest), path, FIELD.findall(sent)


def _method(method: str, rest: str) -> str:
    """`GET /api/... PATCH {...}` says the body of the second."""
    return rest.split(maxsplit=1)[0] if rest.split(maxsplit=1)[0] in METHODS else method
