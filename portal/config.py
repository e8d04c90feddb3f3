"""Every setting of the portal, read once from `PORTAL_*` environment variables.

Development and testing fill what is missing: keys are generated into the instance folder.
Production refuses to start on a missing, sample or short key, and names the setting.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app

from portal.config_keys import Keys

ROOT = Path(__file__).resolve().parent.parent
# The local part leaves room for a token: RFC 5321 4.5.3.1.1 allows 64 octets.
SUPPORT_ADDRESS = re.compile(r"[a-z0-9._-]{1,24}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)

Network: TypeAlias = IPv4Network | IPv6Network


class Environment(StrEnum):
    """Where the portal runs; production is the strict one."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    TESTING = "testing"


class UnsafeSettings(Exception):
    """The settings would start an unsafe or broken portal; the message names each one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running portal. Each field is `PORTAL_<NAME>`."""

    env: Environment
    """`development` (default), `production` or `testing`."""
    instance_dir: Path
    """Folder for the SQLite file, generated keys and development mail. Default `instance`."""
    database_url: str
    """SQLAlchemy URL. Default: SQLite in the instance folder."""
    migration_database_url: str
    """URL of the role that owns the tables, for `db upgrade` and `audit archive`. Default:
    `database_url`."""
    secret_key: str
    """Signs cookies and form tokens; at least 32 characters."""
    secret_key_fallbacks: tuple[str, ...]
    """Older values of `SECRET_KEY`, comma-separated, the newest first, still accepted."""
    data_keys: tuple[tuple[str, bytes], ...]
    """`k2:base64,k1:base64`, 32 bytes each, no name twice: the first seals, all unseal."""
    token_pepper: str
    """Keys the HMAC of throttle buckets and API tokens; at least 32 characters."""
    audit_key_file: Path
    """Signs the audit log's checkpoints; `flask audit init` makes it. Default: `audit.key` in the
    instance folder, which a worker makes outside production."""
    audit_anchor_file: Path | None
    """Keeps every checkpoint outside the database, best on another disk; `off` keeps none. Default:
    `audit-anchors.jsonl` in the instance folder."""
    audit_anchor_url: str
    """Address that each checkpoint is posted to as JSON. Default: none."""
    audit_retention_days: int
    """Younger events are never archived. Default 0; nothing is archived unless somebody does."""
    metrics_token: str
    """Bearer token of `/metrics`. Empty closes the page, in every environment."""
    base_url: str
    """Where people reach the portal; every link in a mail starts with it, and passkeys are bound
    to its host."""
    mail_url: str
    """`smtp://user:pass@host:587`, `smtps://...` or `file:` (development: `instance/mail`)."""
    mail_from: str
    """Sender of every mail. Default `portal@<host of BASE_URL>`."""
    support_address: str
    """Mailbox that answers to tickets come to, as `support@example.com`. Default: none, and the
    mails say that nobody reads answers."""
    brand: str
    """Name shown to people and in authenticator apps. Default `Back Office`."""
    timezone: str
    """IANA zone for people who chose none. Default `UTC`."""
    trusted_proxies: tuple[Network, ...]
    """Networks, comma-separated, whose `X-Forwarded-For` and `X-Request-ID` are believed."""
    trusted_hosts: tuple[str, ...]
    """Accepted `Host` headers, comma-separated. Default: the host of `BASE_URL`."""
    strict_totp: bool
    """`1` accepts the present 30-second step alone instead of one step either side."""
    token_rate: int
    """Requests a minute that one API token may make, over all processes. Default 120000."""
    processes: int
    """How many processes serve, as gunicorn's WEB_CONCURRENCY says: each has its share."""
    log_level: str
    """`debug`, `info` (default), `warning` or `error`."""

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def passkey_host(self) -> str | None:
        """What passkeys are bound to (WebAuthn 5.1.2): the host of `base_url`, when it is a name.

        None where browsers make none: at a bare address, or over http to other than localhost.
        """
        host = urlsplit(self.base_url).hostname or ""
        is_local = host == "localhost" or host.endswith(".localhost")
        is_address = ":" in host or host.rpartition(".")[2].isdecimal()
        return host if (self.is_https or is_local) and not is_address else None

    @property
    def mail_folder(self) -> Path:
        return self.instance_dir / "mail"


def settings() -> Settings:
    """The settings of the running application."""
    found = current_app.extensions["portal_settings"]
    assert isinstance(found, Settings)  # noqa: S101 - put there by create_app alone
    return found


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        UnsafeSettings: a value cannot be read, or production lacks a real key.
    """
    reader = _Reader(environ)
    env = reader.environment()
    instance = Path(reader.text("INSTANCE_DIR") or ROOT / "instance").resolve()
    base_url = reader.base_url(env)
    host = urlsplit(base_url).hostname or "localhost"
    reader.refuse_debugger(env)
    database_url = reader.text("DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite3'}"
    keys = Keys(reader.text, reader.faults, instance, is_strict=env is Environment.PRODUCTION)
    found = Settings(
        env=env,
        instance_dir=instance,
        database_url=_with_driver(database_url),
        migration_database_url=_with_driver(reader.text("MIGRATION_DATABASE_URL") or database_url),
        secret_key=keys.secret("SECRET_KEY"),
        secret_key_fallbacks=keys.fallbacks(reader.items("SECRET_KEY_FALLBACKS")),
        data_keys=keys.data_keys(),
        token_pepper=keys.secret("TOKEN_PEPPER"),
        audit_key_file=Path(reader.text("AUDIT_KEY_FILE") or instance / "audit.key"),
        audit_anchor_file=reader.anchor_file(instance),
        audit_retention_days=reader.number("AUDIT_RETENTION_DAYS", 0, least=0),
        audit_anchor_url=reader.anchor_url(),
        metrics_token=reader.text("METRICS_TOKEN"),
        base_url=base_url,
        mail_url=reader.mail_url(env),
        mail_from=reader.text("MAIL_FROM") or f"portal@{host}",
        support_address=reader.support_address(),
        brand=reader.text("BRAND") or "Back Office",
        timezone=reader.zone(),
        trusted_proxies=reader.networks("TRUSTED_PROXIES"),
        trusted_hosts=reader.items("TRUSTED_HOSTS") or _default_hosts(env, host),
        strict_totp=reader.text("STRICT_TOTP") == "1",
        token_rate=reader.number("TOKEN_RATE", 120_000),
        processes=reader.processes(),
        log_level=reader.text("LOG_LEVEL").lower() or "info",
    )
    if reader.faults:
        raise UnsafeSettings("The portal cannot start:\n- " + "\n- ".join(reader.faults))
    return found


def _with_driver(url: str) -> str:
    """Name the installed PostgreSQL driver where the URL leaves it open."""
    scheme, separator, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg{separator}{rest}"
    return url


def _default_hosts(env: Environment, host: str) -> tuple[str, ...]:
    return (host,) if env is Environment.PRODUCTION else (host, "localhost", "127.0.0.1", "[::1]")


class _Reader:
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

    def processes(self) -> int:
        value = self.environ.get("WEB_CONCURRENCY", "").strip()
        return max(1, int(value[:4])) if value.isascii() and value.isdigit() else 1

    def environment(self) -> Environment:
        value = self.text("ENV") or Environment.DEVELOPMENT
        if value not in list(Environment):
            raise UnsafeSettings(
                f"PORTAL_ENV is {value!r}: use development, production or testing."
            )
        return Environment(value)

    def refuse_debugger(self, env: Environment) -> None:
        wanted = self.environ.get("FLASK_DEBUG", "").strip().lower()
        if env is Environment.PRODUCTION and wanted not in {"", "0", "false", "no"}:
            self.faults.append("FLASK_DEBUG is set: its debugger runs whatever a visitor types")

    def base_url(self, env: Environment) -> str:
        default = f"http://127.0.0.1:{self.environ.get('PORT', '8000')}"
        value = (self.text("BASE_URL") or default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            self.faults.append("PORTAL_BASE_URL must look like https://portal.example.com")
        if env is Environment.PRODUCTION and parts.scheme != "https":
            self.faults.append("PORTAL_BASE_URL must be an https address in production")
        return value

    def mail_url(self, env: Environment) -> str:
        value = self.text("MAIL_URL")
        if not value and env is Environment.PRODUCTION:
            self.faults.append("PORTAL_MAIL_URL is missing: smtp://user:password@host:587")
        if value and urlsplit(value).scheme not in {"smtp", "smtps", "file"}:
            self.faults.append("PORTAL_MAIL_URL must start with smtp://, smtps:// or file:")
        return value or "file:"

    def anchor_file(self, instance: Path) -> Path | None:
        value = self.text("AUDIT_ANCHOR_FILE")
        return None if value == "off" else Path(value or instance / "audit-anchors.jsonl")

    def anchor_url(self) -> str:
        value = self.text("AUDIT_ANCHOR_URL")
        if value and urlsplit(value).scheme not in {"http", "https"}:
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

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            return tuple(ip_network(item, strict=False) for item in self.items(name))
        except ValueError as error:
            self.faults.append(f"PORTAL_{name}: {error}")
            return ()
