"""What a mail repeats of its ticket: earlier public messages, as its reader's clock dates them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from portal.support.bodies import html_of
from portal.support.correspondence import MOST_QUOTED, Correspondence

LONGEST_QUOTE = 4_000


@dataclass(frozen=True, slots=True)
class Quote:
    """One earlier message, as the mail shows it."""

    author: str
    at: str
    lines: list[str]
    html: Markup


def quotes(known: Correspondence, *, before: int) -> list[Quote]:
    """The last five public messages before the one with this id, the newest first."""
    zone = ZoneInfo(known.zone)
    earlier = [one for one in known.said if one.id < before]
    return [_quote(one.author, one.at.astimezone(zone), one.body) for one in earlier[:MOST_QUOTED]]


def _quote(author: str, at: datetime, body: str) -> Quote:
    shown = body if len(body) <= LONGEST_QUOTE else f"{body[:LONGEST_QUOTE]}…"
    return Quote(author, at.strftime("%-d %B %Y, %H:%M %Z"), shown.split("\n"), html_of(shown))
