"""Every setting of the portal, read once from `PORTAL_*` environment variables.

Development and testing fill what is missing: keys are generated into the instance folder.
Production refuses to start on a missing, sample or short key, and names the setting.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from portal.config_keys import Keys
from portal.config_values import Proxies, Values

ROOT = Path(__file__).resolve().parent.parent


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
    """SQLAlchemy URL; a relative path of SQLite's lies in the instance folder, where the default
    is."""
    migration_database_url: str
    """URL of the role that owns the tables, for `db upgrade`, `audit archive` and `audit
    privileges`. Default: `PORTAL_DATABASE_URL`."""
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
    """Bearer token of `/metrics`; at least 32 characters. Empty closes the page, in every
    environment."""
    base_url: str
    """Where people reach the portal, as `https://portal.example.com`; every link in a mail starts
    with it, and passkeys are bound to its host. A host is written with letters, digits, dots and
    hyphens."""
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
    trusted_proxies: Proxies
    """Networks, comma-separated, whose `X-Forwarded-For` and `X-Request-ID` are believed; `unix`
    among them is whoever speaks through a Unix socket. All addresses (`0.0.0.0/0`) are refused."""
    trusted_hosts: tuple[str, ...]
    """Host names that the portal answers to, comma-separated; `.example.com` is every name below
    it. Default: the host of `BASE_URL`."""
    strict_totp: bool
    """`1` or `on` accepts the present 30-second step alone instead of one step either side."""
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
    values = Values(environ)
    env = _environment(values.text("ENV"))
    is_strict = env is Environment.PRODUCTION
    instance = Path(values.text("INSTANCE_DIR") or ROOT / "instance").resolve()
    base_url = values.base_url(is_strict=is_strict)
    host = urlsplit(base_url).hostname or "localhost"
    values.faults += _debugger_faults(environ, env)
    database_url = values.database_url("DATABASE_URL", "sqlite:///portal.sqlite3", instance)
    keys = Keys(values.text, values.faults, instance, is_strict=is_strict)
    keys.refuse_shared()
    found = Settings(
        env=env,
        instance_dir=instance,
        database_url=database_url,
        migration_database_url=values.database_url(
            "MIGRATION_DATABASE_URL", database_url, instance
        ),
        secret_key=keys.secret("SECRET_KEY"),
        secret_key_fallbacks=keys.fallbacks(values.items("SECRET_KEY_FALLBACKS")),
        data_keys=keys.data_keys(),
        token_pepper=keys.secret("TOKEN_PEPPER"),
        audit_key_file=Path(values.text("AUDIT_KEY_FILE") or instance / "audit.key"),
        audit_anchor_file=values.anchor_file(instance),
        audit_retention_days=values.number("AUDIT_RETENTION_DAYS", 0, least=0),
        audit_anchor_url=values.anchor_url(),
        metrics_token=keys.metrics_token(),
        base_url=base_url,
        mail_url=values.mail_url(is_strict=is_strict),
        mail_from=values.text("MAIL_FROM") or f"portal@{host}",
        support_address=values.support_address(),
        brand=values.text("BRAND") or "Back Office",
        timezone=values.zone(),
        trusted_proxies=values.proxies("TRUSTED_PROXIES"),
        trusted_hosts=values.hosts("TRUSTED_HOSTS") or _default_hosts(env, host),
        strict_totp=values.switch("STRICT_TOTP"),
        token_rate=values.number("TOKEN_RATE", 120_000),
        processes=values.processes(),
        log_level=values.log_level(),
    )
    if values.faults:
        raise UnsafeSettings("The portal cannot start:\n- " + "\n- ".join(values.faults))
    return found


def _default_hosts(env: Environment, host: str) -> tuple[str, ...]:
    return (host,) if env is Environment.PRODUCTION else (host, "localhost", "127.0.0.1")


def _environment(value: str) -> Environment:
    if value and value not in list(Environment):
        raise UnsafeSettings(f"PORTAL_ENV is {value!r}: use development, production or testing.")
    return Environment(value or Environment.DEVELOPMENT)


def _debugger_faults(environ: Mapping[str, str], env: Environment) -> list[str]:
    wanted = environ.get("FLASK_DEBUG", "").strip().lower()
    if env is not Environment.PRODUCTION or wanted in {"", "0", "false", "no"}:
        return []
    return ["FLASK_DEBUG is set: its debugger runs whatever a visitor types"]
