"""What a reader narrows the log to: as typed, as understood, and what could not be understood."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.logs import EVERYTHING, LABELS, LOGS
from portal.audit.spans import PRESETS, midnight, read_instant, today_in

LONGEST = 200
UTC_ZONE = ZoneInfo("UTC")
NAMES_OF_FIELDS = {"since": "from", "until": "to", "span": "range"}
"""What a query string calls what Python or this page cannot call so."""


@dataclass(frozen=True)
class Filters:
    """Empty text narrows nothing. Whatever was typed is kept, even where it means nothing."""

    log: str = EVERYTHING
    q: str = ""
    action: str = ""
    outcome: str = ""
    severity: str = ""
    actor: str = ""
    """A number (of a person of ours), `api_token:5`, or the label as it was written then."""
    target_type: str = ""
    target_id: str = ""
    tenant: str = ""
    feature: str = ""
    ip: str = ""
    session: str = ""
    request: str = ""
    span: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters":
        """From a query string. What names no filter is left out."""
        if not given:
            return UNFILTERED
        names = {found.name: asked_as(found.name) for found in fields(cls)}
        typed = {name: given.get(asked, "") for name, asked in names.items()}
        clean = {name: text.replace("\x00", "").strip()[:LONGEST] for name, text in typed.items()}
        if clean["since"] or clean["until"]:
            clean["span"] = ""
        return cls(**{**clean, "log": clean["log"] or EVERYTHING})

    @cached_property
    def given(self) -> dict[str, str]:
        """Those that narrow, by the names that a query string has for them."""
        values = {found.name: str(getattr(self, found.name)) for found in fields(self)}
        if self.log == EVERYTHING:
            values["log"] = ""
        return {asked_as(name): text for name, text in values.items() if text}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.given.keys() - {"log"})

    @cached_property
    def faults(self) -> dict[str, str]:
        """What is not right, by the query string's name for it."""
        found = {asked_as(name): fault_of(self) for name, fault_of in CHECKS.items()}
        return {name: fault for name, fault in found.items() if fault}

    def begin_and_end(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The first instant, and the first one after; a day that ends a span is part of it.

        Raises:
            ValueError: see `read_instant`.
        """
        if self.span:
            today = today_in(zone)
            first = midnight(PRESETS[self.span][1](today), zone)
            return first, midnight(today + timedelta(days=1), zone)
        since = read_instant(self.since, zone) if self.since else None
        until = read_instant(self.until, zone, days_after=1) if self.until else None
        return since, until

    def without(self, *names: str) -> "Filters":
        """The same without these, by their names here."""
        return replace(self, **dict.fromkeys(names, ""))


UNFILTERED = Filters()
"""What most people open: what is worked out of it is kept with it."""


def asked_as(name: str) -> str:
    return NAMES_OF_FIELDS.get(name, name)


Check = Callable[[Filters], str]
"""What is wrong with one filter; empty when nothing is."""


def _is_one_of(name: str, values: Iterable[str], fault: str) -> Check:
    allowed = {"", *values}
    return lambda filters: "" if getattr(filters, name) in allowed else fault


def _looks_like(name: str, pattern: str, fault: str) -> Check:
    shape = re.compile(f"(?:{pattern})?", re.ASCII)
    return lambda filters: "" if shape.fullmatch(getattr(filters, name)) else fault


def _address(filters: Filters) -> str:
    try:
        ip_address(filters.ip or "::")
    except ValueError:
        return "Write an IP address, such as 203.0.113.9 or 2001:db8::1."
    return ""


def _time(name: str) -> Check:
    def fault_of(filters: Filters) -> str:
        try:
            read_instant(getattr(filters, name) or "2026-01-01", UTC_ZONE)
        except (ValueError, OverflowError):
            return "Write a day as 2026-11-23, or an instant as 2026-11-23T09:30."
        return ""

    return fault_of


def _end(filters: Filters) -> str:
    """A span that ends before it begins is the fault of its end, if both can be read at all."""
    fault = _time("until")(filters)
    if fault or _time("since")(filters):
        return fault
    since, until = filters.without("span").begin_and_end(UTC_ZONE)
    return "The last day comes before the first one." if since and until and since >= until else ""


CHECKS: dict[str, Check] = {
    "log": _is_one_of("log", LOGS, f"Choose one of: {', '.join(LABELS.values())}."),
    "action": _is_one_of("action", Action, "There is no such action."),
    "outcome": _is_one_of("outcome", Outcome, "Choose success, failure or denied."),
    "severity": _is_one_of("severity", Severity, "Choose info, notice, warning or critical."),
    "actor": _looks_like("actor", r"(?s:(?!\d{10}).*)", "A person’s number has at most 9 digits."),
    "tenant": _looks_like("tenant", r"\d{1,9}", "An account is a number, as on its page."),
    "ip": _address,
    "session": _looks_like("session", "[0-9a-f]{16}", "A session is 16 digits from 0 to f."),
    "request": _looks_like("request", r"[\w.:-]{1,64}", "A request id has at most 64 letters."),
    "span": _is_one_of("span", PRESETS, f"Choose one of: {', '.join(PRESETS)}."),
    "since": _time("since"),
    "until": _end,
}
