"""The closed list of everything that the ledger can say happened."""

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


class Action(StrEnum):
    """`subject.verb_in_past`. Add here, say the stream and severity below when not the default."""

    # signing in
    SESSION_OPENED = "session.opened"
    SESSION_PASSWORD_ACCEPTED = "session.password_accepted"  # noqa: S105
    SESSION_PASSWORD_REFUSED = "session.password_refused"  # noqa: S105
    SESSION_CODE_REFUSED = "session.code_refused"
    SESSION_THROTTLED = "session.throttled"
    SESSION_CLOSED = "session.closed"
    SESSION_REVOKED = "session.revoked"
    SESSION_SUDO_GRANTED = "session.sudo_granted"
    SESSION_SUDO_REFUSED = "session.sudo_refused"
    # what the portal refused
    ACCESS_DENIED = "access.denied"
    REQUEST_FORGED = "csrf.rejected"
    # the second factor
    TOTP_ENROLMENT_STARTED = "totp.enrolment_started"
    TOTP_ENABLED = "totp.enabled"
    TOTP_DISABLED = "totp.disabled"
    TOTP_DISABLED_BY_POLICY = "totp.disabled_by_policy"
    TOTP_RESET = "totp.reset"
    TOTP_CODE_REFUSED = "totp.code_refused"
    BACKUP_CODES_GENERATED = "backup_codes.generated"
    BACKUP_CODE_USED = "backup_code.used"
    BACKUP_CODE_REFUSED = "backup_code.refused"
    DATA_KEYS_ROTATED = "data_keys.rotated"
    POLICY_CHANGED = "policy.changed"
    # people
    STAFF_INVITED = "staff.invited"
    STAFF_INVITE_RESENT = "staff.invite_resent"
    STAFF_INVITE_REVOKED = "staff.invite_revoked"
    STAFF_JOINED = "staff.joined"
    STAFF_ADDED = "staff.added"
    STAFF_ROLE_CHANGED = "staff.role_changed"
    STAFF_DISABLED = "staff.disabled"
    STAFF_ENABLED = "staff.enabled"
    STAFF_UNLOCKED = "staff.unlocked"
    ACCOUNT_PREFERENCES_CHANGED = "account.preferences_changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105
    PASSWORD_RESET = "password.reset"  # noqa: S105
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    EMAIL_CHANGE_UNDONE = "email.change_undone"
    # mail and jobs
    MAIL_QUEUED = "mail.queued"
    MAIL_RESENT = "mail.resent"
    MAIL_RESOLVED = "mail.resolved"
    MAIL_BODY_VIEWED = "mail.body_viewed"
    JOB_RETRIED = "job.retried"
    JOB_CANCELLED = "job.cancelled"
    # the portal itself
    AUDIT_SEARCHED = "audit.searched"
    BACKUP_MADE = "backup.made"
    DEMO_SEEDED = "demo.seeded"

    @property
    def stream(self) -> Stream:
        return _STREAMS.get(self.value.partition(".")[0], Stream.ADMIN)

    @property
    def severity(self) -> Severity:
        return _SEVERITIES.get(self, Severity.INFO)


_STREAMS = {
    "session": Stream.ADMIN_LOGIN,
    "access": Stream.AUTH,
    "csrf": Stream.AUTH,
    "totp": Stream.AUTH,
    "backup_codes": Stream.AUTH,
    "backup_code": Stream.AUTH,
    "password": Stream.AUTH,
    "email": Stream.AUTH,
    "mail": Stream.EMAIL,
    "entitlement": Stream.ENTITLEMENT,
}

_SEVERITIES = {
    Action.SESSION_PASSWORD_REFUSED: Severity.NOTICE,
    Action.SESSION_CODE_REFUSED: Severity.NOTICE,
    Action.SESSION_SUDO_REFUSED: Severity.NOTICE,
    Action.SESSION_THROTTLED: Severity.WARNING,
    Action.ACCESS_DENIED: Severity.WARNING,
    Action.REQUEST_FORGED: Severity.WARNING,
    Action.TOTP_ENABLED: Severity.NOTICE,
    Action.TOTP_DISABLED: Severity.WARNING,
    Action.TOTP_DISABLED_BY_POLICY: Severity.CRITICAL,
    Action.TOTP_RESET: Severity.CRITICAL,
    Action.BACKUP_CODES_GENERATED: Severity.NOTICE,
    Action.BACKUP_CODE_USED: Severity.WARNING,
    Action.BACKUP_CODE_REFUSED: Severity.NOTICE,
    Action.DATA_KEYS_ROTATED: Severity.CRITICAL,
    Action.POLICY_CHANGED: Severity.WARNING,
    Action.STAFF_INVITED: Severity.NOTICE,
    Action.STAFF_ADDED: Severity.WARNING,
    Action.STAFF_ROLE_CHANGED: Severity.WARNING,
    Action.STAFF_DISABLED: Severity.WARNING,
    Action.STAFF_ENABLED: Severity.WARNING,
    Action.STAFF_UNLOCKED: Severity.WARNING,
    Action.PASSWORD_CHANGED: Severity.NOTICE,
    Action.PASSWORD_RESET: Severity.WARNING,
    Action.EMAIL_CHANGED: Severity.WARNING,
    Action.EMAIL_CHANGE_UNDONE: Severity.WARNING,
    Action.MAIL_BODY_VIEWED: Severity.NOTICE,
    Action.BACKUP_MADE: Severity.NOTICE,
}
