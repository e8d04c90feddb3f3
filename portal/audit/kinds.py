"""How events are sorted: by the view they are read in, how loudly they speak, how they ended."""

from enum import StrEnum


class Stream(StrEnum):
    """Which view of the ledger an event is read in."""

    ADMIN = "admin"
    AUTH = "auth"
    ADMIN_LOGIN = "admin_login"
    EMAIL = "email"
    ENTITLEMENT = "entitlement"


class Severity(StrEnum):
    """How loudly an event speaks."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    DENIED = "denied"


STREAMS = {
    "session": Stream.ADMIN_LOGIN,
    "access": Stream.AUTH,
    "csrf": Stream.AUTH,
    "totp": Stream.AUTH,
    "backup_codes": Stream.AUTH,
    "backup_code": Stream.AUTH,
    "passkey": Stream.AUTH,
    "webauthn": Stream.AUTH,
    "recovery": Stream.AUTH,
    "password": Stream.AUTH,
    "email": Stream.AUTH,
    "mail": Stream.EMAIL,
    "feature": Stream.ENTITLEMENT,
    "plan": Stream.ENTITLEMENT,
    "subscription": Stream.ENTITLEMENT,
    "entitlement": Stream.ENTITLEMENT,
    "quota": Stream.ENTITLEMENT,
}
"""By the subject of an action; of every other the stream is that of admins."""

MONEY = ("coupon", "goodwill", "plan", "subscription")
"""Subjects of actions that decide what somebody pays. An index knows them: see `AuditEvent`."""
