"""Each action in plain words, for people who read the log."""

from portal.audit.actions import Action

WORDS: dict[Action, str] = {
    Action.SESSION_OPENED: "signed in",
    Action.SESSION_PASSWORD_ACCEPTED: "gave the right password",
    Action.SESSION_PASSWORD_REFUSED: "was refused: wrong password",
    Action.SESSION_CODE_REFUSED: "was refused: wrong code",
    Action.SESSION_THROTTLED: "tried too often to sign in",
    Action.SESSION_CLOSED: "signed out",
    Action.SESSION_REVOKED: "ended a session",
    Action.SESSION_SUDO_GRANTED: "proved who they are again",
    Action.SESSION_SUDO_REFUSED: "failed to prove who they are again",
    Action.ACCESS_DENIED: "was denied a page",
    Action.REQUEST_FORGED: "had a forged request refused",
    Action.TOTP_ENROLMENT_STARTED: "began to set up a second factor",
    Action.TOTP_ENABLED: "turned the second factor on",
    Action.TOTP_DISABLED: "turned the second factor off",
    Action.TOTP_DISABLED_BY_POLICY: "stopped a second factor after too many wrong codes",
    Action.TOTP_RESET: "reset a second factor",
    Action.TOTP_CODE_REFUSED: "entered a wrong code while setting up a second factor",
    Action.BACKUP_CODES_GENERATED: "made new backup codes",
    Action.BACKUP_CODE_USED: "used a backup code",
    Action.BACKUP_CODE_REFUSED: "was refused: wrong backup code",
    Action.DATA_KEYS_ROTATED: "sealed stored secrets under a new key",
    Action.POLICY_CHANGED: "changed a sign-in rule",
    Action.STAFF_INVITED: "invited somebody",
    Action.STAFF_INVITE_RESENT: "sent an invitation again",
    Action.STAFF_INVITE_REVOKED: "withdrew an invitation",
    Action.STAFF_JOINED: "joined",
    Action.STAFF_ADDED: "added a person from the command line",
    Action.STAFF_ROLE_CHANGED: "changed a role",
    Action.STAFF_DISABLED: "disabled a person",
    Action.STAFF_ENABLED: "enabled a person again",
    Action.STAFF_UNLOCKED: "forgave somebody's wrong tries",
    Action.ACCOUNT_PREFERENCES_CHANGED: "changed their preferences",
    Action.PASSWORD_CHANGED: "changed their password",
    Action.PASSWORD_RESET_REQUESTED: "asked for a password reset",
    Action.PASSWORD_RESET: "reset their password",
    Action.EMAIL_CHANGE_REQUESTED: "asked for another e-mail address",
    Action.EMAIL_CHANGED: "changed their e-mail address",
    Action.EMAIL_CHANGE_UNDONE: "took a change of e-mail address back",
    Action.MAIL_QUEUED: "caused a mail",
    Action.MAIL_RESENT: "sent a mail again",
    Action.MAIL_RESOLVED: "decided what became of a mail",
    Action.MAIL_BODY_VIEWED: "read the text of a mail",
    Action.JOB_RETRIED: "started a job again",
    Action.JOB_CANCELLED: "cancelled a job",
    Action.AUDIT_SEARCHED: "looked at the audit log",
    Action.BACKUP_MADE: "made a backup",
    Action.DEMO_SEEDED: "filled the portal with demo data",
}


def in_words(action: str) -> str:
    """`turned the second factor on`; an action of a later version is shown as it is named."""
    try:
        return WORDS[Action(action)]
    except (ValueError, KeyError):
        return action
