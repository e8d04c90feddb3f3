"""How the values of settings are read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

# The local part leaves room for a token: RFC 5321 4.5.3.1.1 allows 64 octets.
SUPPORT_ADDRESS = re.compile(r"[a-z0-9._-]{1,24}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
# Flask answers to no other host, be it trusted: none with an underscore, no IPv6 address.
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", re.IGNORECASE)
HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
DRIVERS = {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}
LOG_LEVELS = ("debug", "info", "warning", "error")
UNIX = "unix"
"""What a proxy is called that has no address, as it speaks through a Unix socket."""

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """Who may say whose request it passes on."""

    networks: tuple[Network, ...] = ()
    is_unix: bool = False


class Values:
    """Reads values and gathers every fault, so that one start names them all."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str) -> str:
        return self.environ.get(f"PORTAL_{name}", "").strip()

    def items(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(name).split(",") if part.strip())

    def number(self, name: str, default: int, least: int = 1) -> int:
        """A whole number of at least `least`."""
        value = self.text(name) or str(default)
        if not value.isascii() or not value.isdigit() or not least <= int(value[:10]) < 10**9:
            self.faults.append(f"PORTAL_{name} must be a whole number, {least} or more")
            return default
        return int(value)

    def switch(self, name: str) -> bool:
        """On or off. What is neither is refused: nobody should believe to be safe by a typo."""
        value = self.text(name).lower()
        if value and value not in {*YES, *NO}:
            words = f"{', '.join(YES)} for on, {', '.join(NO)} for off"
            self.faults.append(f"PORTAL_{name} is {value[:40]!r}: use {words}")
        return value in YES

    def log_level(self) -> str:
        value = self.text("LOG_LEVEL").lower() or "info"
        if value not in LOG_LEVELS:
            words = f"{', '.join(LOG_LEVELS[:-1])} or {LOG_LEVELS[-1]}"
            self.faults.append(f"PORTAL_LOG_LEVEL is {value[:40]!r}: use {words}")
        return value

    def processes(self) -> int:
        value = self.environ.get("WEB_CONCURRENCY", "").strip()
        return max(1, int(value[:4])) if value.isascii() and value.isdigit() else 1

    def base_url(self, *, is_strict: bool) -> str:
        default = f"http://127.0.0.1:{self.environ.get('PORT', '8000')}"
        value = (self.text("BASE_URL") or default).rstrip("/")
        if not _is_origin(value):
            self.faults.append(
                "PORTAL_BASE_URL must look like https://portal.example.com or "
                "https://portal.example.com:8443: a host of letters, digits, dots and hyphens, "
                "without path, query, name or password"
            )
            return "http://localhost"
        if is_strict and not value.startswith("https:"):
            self.faults.append("PORTAL_BASE_URL must be an https address in production")
        return value

    def mail_url(self, *, is_strict: bool) -> str:
        value = self.text("MAIL_URL")
        if not value and is_strict:
            self.faults.append("PORTAL_MAIL_URL is missing: smtp://user:password@host:587")
        if value and _scheme(value) not in {"smtp", "smtps", "file"}:
            self.faults.append("PORTAL_MAIL_URL must start with smtp://, smtps:// or file:")
        return value or "file:"

    def database_url(self, name: str, default: str, instance: Path) -> str:
        """With the installed driver named, and a file that everybody finds alike.

        A relative path is one in the instance folder, whatever folder a process begins in.
        """
        value = _with_driver(self.text(name) or default)
        url = _database(value)
        if url is None:
            self.faults.append(
                f"PORTAL_{name} cannot be opened: use postgresql://user:password@host/name or "
                "sqlite:////folder/portal.sqlite3"
            )
            return default
        path = url.database or ":memory:"
        if url.get_backend_name() != "sqlite":
            return value
        if ":memory:" in path or url.query.get("mode") == "memory":
            self.faults.append(
                f"PORTAL_{name} must name a file: in memory, each process has a database of its own"
            )
            return default
        if path.startswith(("file:", "/")):
            return value
        return url.set(database=str(instance / path)).render_as_string()

    def anchor_file(self, instance: Path) -> Path | None:
        value = self.text("AUDIT_ANCHOR_FILE")
        return None if value == "off" else Path(value or instance / "audit-anchors.jsonl")

    def anchor_url(self) -> str:
        value = self.text("AUDIT_ANCHOR_URL")
        if value and _scheme(value) not in {"http", "https"}:
            self.faults.append("PORTAL_AUDIT_ANCHOR_URL must start with https:// or http://")
        return value

    def support_address(self) -> str:
        value = self.text("SUPPORT_ADDRESS")
        if value and not SUPPORT_ADDRESS.fullmatch(value):
            self.faults.append("PORTAL_SUPPORT_ADDRESS must look like support@example.com")
        return value

    def zone(self) -> str:
        value = self.text("TIMEZONE") or "UTC"
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError):
            self.faults.append(f"PORTAL_TIMEZONE {value!r} is no IANA time zone")
            return "UTC"

    def hosts(self, name: str) -> tuple[str, ...]:
        """Host names in small letters; one that begins with a dot is every name below it."""
        found = tuple(item.lower() for item in self.items(name))
        self.faults += [
            f"PORTAL_{name}: {item[:80]!r} is no host name: use portal.example.com, or "
            ".example.com for all names below it"
            for item in found
            if not HOST.fullmatch(item)
        ]
        return found

    def proxies(self, name: str) -> Proxies:
        items = self.items(name)
        found = (item for item in items if item != UNIX)
        try:
            networks = tuple(ip_network(item, strict=False) for item in found)
        except ValueError as error:
            self.faults.append(f"PORTAL_{name}: {error}")
            return Proxies()
        self.faults += [
            f"PORTAL_{name}: {network} is everybody, who could then pass for any address: "
            "name the network of the proxy alone"
            for network in networks
            if network.prefixlen == 0
        ]
        return Proxies(networks, is_unix=UNIX in items)


def _is_origin(url: str) -> bool:
    try:
        return ORIGIN.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:  # such as a port of 99999
        return False


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:  # such as `http://[`
        return ""


def _database(value: str) -> sa.URL | None:
    """None of what no installed driver opens."""
    try:
        url = sa.make_url(value)
    except (sa.exc.ArgumentError, ValueError):
        return None
    return url if url.drivername in DRIVERS else None


def _with_driver(url: str) -> str:
    """Name the installed PostgreSQL driver where the URL leaves it open."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg{separator}{rest}"
    return url
