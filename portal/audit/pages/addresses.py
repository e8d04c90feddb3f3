"""Addresses of the log with other filters, and what stands on the page about the present ones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

from flask import url_for

from portal.audit.browsing import EventRow
from portal.audit.filters import Filters, asked_as
from portal.audit.logs import LABELS
from portal.audit.spans import PRESETS
from portal.audit.words import in_words

CHIPS = {
    "q": "Text",
    "action": "Action",
    "outcome": "Outcome",
    "severity": "Severity",
    "actor": "Who",
    "target_type": "Kind of object",
    "target_id": "Object",
    "tenant": "Account",
    "feature": "Feature",
    "ip": "Address",
    "session": "Session",
    "request": "Request",
    "span": "When",
    "since": "From",
    "until": "To",
}


LABELS_OF_FIELDS = {
    **{asked_as(name): label for name, label in CHIPS.items()},
    "log": "Log",
    "jump": "Jump to",
}
"""By the names of a query string."""


NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Chip(NamedTuple):
    """One filter that is in force, and where it is not."""

    label: str
    value: str
    url: str


class Choice(NamedTuple):
    """A link of several, of which one may be where the reader is."""

    url: str
    label: str
    is_current: bool


def url_of(filters: Filters, endpoint: str = "audit.browse", **more: str) -> str:
    query = urlencode({**filters.given, **more})
    return f"{_path_of(endpoint)}?{query}" if query else _path_of(endpoint)


@cache
def _path_of(endpoint: str) -> str:
    """Built once: a page holds some twenty of them."""
    return url_for(endpoint)


def url_before(filters: Filters, name: str) -> str:
    """The address up to the value of one filter, to which a template adds it."""
    url = url_of(filters.without(name))
    return f"{url}{'&' if '?' in url else '?'}{asked_as(name)}="


class Links(NamedTuple):
    """Where a page of the log leads with the filters that it has."""

    tabs: list[Choice]
    presets: list[Choice]
    actor_url: str
    save_url: str
    csv_url: str


@lru_cache(maxsize=256)
def links_of(filters: Filters) -> Links:
    """Kept for the filters that are asked for most: some twenty addresses a page."""
    plain = filters.without("since", "until")
    return Links(
        tabs=[
            Choice(url_of(replace(filters, log=name)), label, name == filters.log)
            for name, label in LABELS.items()
        ],
        presets=[
            Choice(url_of(replace(plain, span=name)), label, name == filters.span)
            for name, (label, _) in PRESETS.items()
        ],
        actor_url=url_before(filters, "actor"),
        save_url=url_of(filters, "audit.new_view"),
        csv_url=url_of(filters, "audit.table"),
    )


def names_in(rows: Iterable[EventRow]) -> dict[str, str]:
    """What the numbers of filters are called, as far as the events that fit tell it."""
    found: dict[str, str] = {}
    for row in rows:
        found.setdefault(f"actor {row.actor_key}", row.actor_label)
        if row.target_label:
            found.setdefault(f"{row.target_type} {row.target_id}", row.target_label)
    return found


def chips_of(filters: Filters, names: Mapping[str, str] = NO_NAMES) -> Iterator[Chip]:
    """In the order of the form. An object's kind and number are taken away together."""
    for name, label in CHIPS.items():
        text = str(getattr(filters, name))
        if text and not (name == "target_type" and filters.target_id):
            value = names.get(_key_of(filters, name), "") or _shown(filters, name, text)
            yield Chip(label, value, url_of(_without(filters, name)))


def _key_of(filters: Filters, name: str) -> str:
    """What `names_in` knows the value of a filter by."""
    kinds = {"actor": "actor", "tenant": "tenant", "target_id": filters.target_type}
    return f"{kinds.get(name, '')} {getattr(filters, name)}"


def _shown(filters: Filters, name: str, text: str) -> str:
    if name == "action":
        return in_words(text)
    if name == "span" and text in PRESETS:
        return PRESETS[text][0]
    if name == "target_id" and filters.target_type:
        return f"{filters.target_type.replace('_', ' ')} {text}"
    return text


def _without(filters: Filters, name: str) -> Filters:
    return filters.without(*(("target_type", name) if name == "target_id" else (name,)))
