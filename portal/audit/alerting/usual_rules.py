"""The rules that every installation begins with."""

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.alerting.rules import RuleTerms
from portal.audit.models import GroupBy
from portal.core.roles import Role

BOTH = (Role.ADMIN, Role.MANAGER)

USUAL = (
    RuleTerms(
        name="Second factor turned off",
        actions=(
            Action.TOTP_DISABLED,
            Action.TOTP_RESET,
            Action.TOTP_DISABLED_BY_POLICY,
            Action.PASSKEY_REMOVED,
            Action.PASSKEY_DISABLED_BY_POLICY,
        ),
        group_by=GroupBy.TARGET,
        roles=BOTH,
    ),
    RuleTerms(
        name="Somebody became an admin",
        actions=(Action.STAFF_ROLE_CHANGED, Action.STAFF_ADDED, Action.STAFF_JOINED),
        role=Role.ADMIN,
        quiet_minutes=0,
    ),
    RuleTerms(
        name="Ten denials in five minutes",
        outcome=Outcome.DENIED,
        lowest_severity=Severity.WARNING,
        threshold=10,
        minutes=5,
        group_by=GroupBy.ACTOR,
        roles=BOTH,
    ),
    RuleTerms(
        name="Guessing passwords or codes",
        actions=(
            Action.SESSION_PASSWORD_REFUSED,
            Action.SESSION_CODE_REFUSED,
            Action.BACKUP_CODE_REFUSED,
            Action.PASSKEY_REFUSED,
        ),
        threshold=20,
        minutes=10,
        group_by=GroupBy.ADDRESS,
    ),
    RuleTerms(
        name="Customer data left the portal",
        actions=(Action.USER_EXPORTED, Action.REPORT_EXPORTED, Action.BACKUP_MADE),
        group_by=GroupBy.ACTOR,
        roles=BOTH,
    ),
    RuleTerms(
        name="A service token was made",
        actions=(Action.TOKEN_ISSUED,),
        group_by=GroupBy.ACTOR,
    ),
    RuleTerms(
        name="Sign-in rules changed",
        actions=(Action.POLICY_CHANGED, Action.ADDRESSES_CHANGED, Action.DATA_KEYS_ROTATED),
    ),
    RuleTerms(
        name="The log is told less",
        actions=(
            Action.STREAM_CHANGED,
            Action.STREAM_PAUSED,
            Action.STREAM_REMOVED,
            Action.STREAM_GAVE_UP,
            Action.ALERT_RULE_DISABLED,
        ),
        quiet_minutes=0,
    ),
    RuleTerms(name="Anything critical", lowest_severity=Severity.CRITICAL, quiet_minutes=0),
)
