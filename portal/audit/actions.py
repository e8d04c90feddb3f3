"""The closed list of everything that the ledger can say happened."""

from enum import StrEnum

from portal.audit.kinds import SEVERITIES, STREAMS, Outcome, Severity, Stream

__all__ = ["Action", "Outcome", "Severity", "Stream"]


class Action(StrEnum):
    """`subject.verb_in_past`. Its severity stands below, a new subject's stream in `kinds`."""

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
    SESSION_ADDRESS_REFUSED = "session.address_refused"
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
    BACKUP_CODES_RAN_LOW = "backup_codes.ran_low"
    BACKUP_CODES_AGED = "backup_codes.aged"
    BACKUP_CODES_REVOKED = "backup_codes.revoked"
    BACKUP_CODE_USED = "backup_code.used"
    BACKUP_CODE_REFUSED = "backup_code.refused"
    PASSKEY_REGISTERED = "passkey.registered"
    PASSKEY_RENAMED = "passkey.renamed"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_REFUSED = "passkey.refused"
    PASSKEY_DISABLED_BY_POLICY = "passkey.disabled_by_policy"
    PASSKEY_COUNT_REGRESSED = "webauthn.sign_count_regression"
    RECOVERY_REQUESTED = "recovery.requested"
    RECOVERY_APPROVED = "recovery.approved"
    RECOVERY_REJECTED = "recovery.rejected"
    RECOVERY_CODE_SENT = "recovery.code_sent"
    RECOVERY_COMPLETED = "recovery.completed"
    RECOVERY_CANCELLED = "recovery.cancelled"
    RECOVERY_EXPIRED = "recovery.expired"
    DATA_KEYS_ROTATED = "data_keys.rotated"
    SECRET_KEY_ROTATED = "secret_key.rotated"  # noqa: S105
    POLICY_CHANGED = "policy.changed"
    ADDRESSES_CHANGED = "addresses.changed"
    # people
    STAFF_INVITED = "staff.invited"
    STAFF_INVITE_RESENT = "staff.invite_resent"
    STAFF_INVITE_REVOKED = "staff.invite_revoked"
    STAFF_INVITE_APPROVED = "staff.invite_approved"
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
    EMAIL_CHANGE_WITHDRAWN = "email.change_withdrawn"
    EMAIL_CHANGED = "email.changed"
    EMAIL_CHANGE_UNDONE = "email.change_undone"
    # customers and tokens
    TENANT_CREATED = "tenant.created"
    TENANT_CHANGED = "tenant.changed"
    TENANT_SUSPENDED = "tenant.suspended"
    TENANT_CLOSED = "tenant.closed"
    TENANT_REOPENED = "tenant.reopened"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    USER_EXPORTED = "user.exported"
    USER_ERASED = "user.erased"
    CUSTOMER_PII_UNMASKED = "customer.pii_unmasked"
    CUSTOMERS_IMPORT_PREVIEWED = "customers.import_previewed"
    CUSTOMERS_IMPORTED = "customers.imported"
    CUSTOMERS_IMPORT_FINISHED = "customers.import_finished"
    TOKEN_ISSUED = "token.issued"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    # the catalogue, plans of tenants, entitlements and quotas
    FEATURE_CREATED = "feature.created"
    FEATURE_CHANGED = "feature.changed"
    FEATURE_KILLED = "feature.killed"
    FEATURE_REVIVED = "feature.revived"
    FEATURE_ARCHIVED = "feature.archived"
    PLAN_CREATED = "plan.created"
    PLAN_CHANGED = "plan.changed"
    PLAN_ARCHIVED = "plan.archived"
    SUBSCRIPTION_PLAN_CHANGED = "subscription.plan_changed"
    SUBSCRIPTION_TRIAL_CHANGED = "subscription.trial_changed"
    SUBSCRIPTION_CANCELED = "subscription.canceled"
    ENTITLEMENT_GRANTED = "entitlement.granted"
    ENTITLEMENT_DISABLED = "entitlement.disabled"
    ENTITLEMENT_DENIED = "entitlement.denied"
    ENTITLEMENT_REVOKED = "entitlement.revoked"
    ENTITLEMENT_EXPIRED = "entitlement.expired"
    ENTITLEMENTS_BULK_STARTED = "entitlement.bulk_started"
    QUOTA_TOPPED_UP = "quota.topped_up"
    QUOTA_TOP_UP_WITHDRAWN = "quota.top_up_withdrawn"
    QUOTA_RESET = "quota.reset"
    QUOTA_REFUNDED = "quota.refunded"
    QUOTA_ALERTED = "quota.alerted"
    # coupons
    COUPON_CREATED = "coupon.created"
    COUPON_CHANGED = "coupon.changed"
    COUPON_DISABLED = "coupon.disabled"
    COUPON_APPROVED = "coupon.approved"
    COUPON_REJECTED = "coupon.rejected"
    COUPON_RESERVED = "coupon.reserved"
    COUPON_REDEEMED = "coupon.redeemed"
    COUPON_PERIOD_COUNTED = "coupon.period_counted"
    COUPON_RELEASED = "coupon.released"
    COUPON_PERIOD_RESTORED = "coupon.period_restored"
    COUPON_LEFTOVER_USED = "coupon.leftover_used"
    COUPON_RETURNED = "coupon.returned"
    COUPON_BATCH_CREATED = "coupon.batch_created"
    COUPON_BATCH_DISABLED = "coupon.batch_disabled"
    COUPON_BATCH_APPROVED = "coupon.batch_approved"
    COUPON_BATCH_REJECTED = "coupon.batch_rejected"
    COUPON_CODES_EXPORTED = "coupon.codes_exported"
    # the support desk
    TICKET_CREATED = "ticket.created"
    TICKET_CUSTOMER_WROTE = "ticket.customer_wrote"
    TICKET_REPLIED = "ticket.replied"
    TICKET_REPLY_WITHDRAWN = "ticket.reply_withdrawn"
    TICKET_NOTED = "ticket.noted"
    TICKET_CHANGED = "ticket.changed"
    TICKET_STATUS_CHANGED = "ticket.status_changed"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_SNOOZED = "ticket.snoozed"
    TICKET_MERGED = "ticket.merged"
    TICKET_MERGE_UNDONE = "ticket.merge_undone"
    TICKET_SPLIT = "ticket.split"
    TICKET_LINKED = "ticket.linked"
    TICKET_UNLINKED = "ticket.unlinked"
    TICKET_RATED = "ticket.rated"
    TICKET_SLA_BREACHED = "ticket.sla_breached"
    TICKET_ESCALATED = "ticket.escalated"
    TICKETS_HANDED_BACK = "ticket.handed_back"
    TICKETS_BULK_STARTED = "ticket.bulk_started"
    TICKETS_BULK_UNDONE = "ticket.bulk_undone"
    GOODWILL_GIVEN = "goodwill.given"
    GOODWILL_REQUESTED = "goodwill.requested"
    GOODWILL_APPROVED = "goodwill.approved"
    GOODWILL_REJECTED = "goodwill.rejected"
    GOODWILL_WITHDRAWN = "goodwill.withdrawn"
    GOODWILL_BUDGET_CHANGED = "goodwill.budget_changed"
    MACRO_SAVED = "macro.saved"
    MACRO_ARCHIVED = "macro.archived"
    MACRO_APPLIED = "macro.applied"
    MACRO_UNDONE = "macro.undone"
    CANNED_REPLY_SAVED = "canned_reply.saved"
    CANNED_REPLY_ARCHIVED = "canned_reply.archived"
    SAVED_VIEW_SAVED = "saved_view.saved"
    SAVED_VIEW_REMOVED = "saved_view.removed"
    SLA_RULE_SAVED = "sla_rule.saved"
    SLA_RULE_MOVED = "sla_rule.moved"
    SLA_RULE_DISABLED = "sla_rule.disabled"
    SLA_RULE_ENABLED = "sla_rule.enabled"
    SLA_CLOCKS_REWRITTEN = "sla_rule.clocks_rewritten"
    CALENDAR_SAVED = "calendar.saved"
    CALENDAR_ARCHIVED = "calendar.archived"
    TEAM_SAVED = "team.saved"
    TEAM_ARCHIVED = "team.archived"
    AGENT_CHANGED = "agent.changed"
    AGENT_AVAILABILITY_CHANGED = "agent.availability_changed"
    REPORT_EXPORTED = "report.exported"
    # mail and jobs
    MAIL_QUEUED = "mail.queued"
    MAIL_RESENT = "mail.resent"
    MAIL_RESOLVED = "mail.resolved"
    MAIL_BODY_VIEWED = "mail.body_viewed"
    JOB_RETRIED = "job.retried"
    JOB_CANCELLED = "job.cancelled"
    # the portal itself
    AUDIT_SEARCHED = "audit.searched"
    AUDIT_CSV_EXPORTED = "audit.csv_exported"
    AUDIT_VIEW_SAVED = "audit_view.saved"
    AUDIT_VIEW_REMOVED = "audit_view.removed"
    AUDIT_VERIFICATION_REQUESTED = "audit.verification_requested"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_VERIFICATION_FAILED = "audit.verification_failed"
    AUDIT_VERIFICATION_UNPROVEN = "audit.verification_unproven"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_ARCHIVED = "audit.archived"
    AUDIT_HOLD_PLACED = "audit.hold_placed"
    AUDIT_HOLD_RELEASED = "audit.hold_released"
    AUDIT_HEARTBEAT = "audit.heartbeat"
    AUDIT_KEY_CREATED = "audit.key_created"
    AUDIT_KEY_ROTATED = "audit.key_rotated"
    AUDIT_FORK_FOUND = "audit.fork_found"
    AUDIT_FORK_ACCEPTED = "audit.fork_accepted"
    STREAM_ADDED = "audit_stream.added"
    STREAM_CHANGED = "audit_stream.changed"
    STREAM_PAUSED = "audit_stream.paused"
    STREAM_RESUMED = "audit_stream.resumed"
    STREAM_SECRET_ROTATED = "audit_stream.secret_rotated"  # noqa: S105
    STREAM_TESTED = "audit_stream.tested"
    STREAM_REMOVED = "audit_stream.removed"
    STREAM_GAVE_UP = "audit_stream.gave_up"
    ALERT_RULE_SAVED = "alert_rule.saved"
    ALERT_RULE_DISABLED = "alert_rule.disabled"
    ALERT_RULE_ENABLED = "alert_rule.enabled"
    ALERT_RAISED = "alert.raised"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    BACKUP_MADE = "backup.made"
    DEMO_SEEDED = "demo.seeded"

    @property
    def stream(self) -> Stream:
        return STREAMS.get(self.value.partition(".")[0], Stream.ADMIN)

    @property
    def severity(self) -> Severity:
        of_subject = SEVERITIES.get(self.value.partition(".")[0], Severity.INFO)
        return _SEVERITIES.get(self, of_subject)


_SEVERITIES = {
    Action.SESSION_PASSWORD_REFUSED: Severity.NOTICE,
    Action.SESSION_CODE_REFUSED: Severity.NOTICE,
    Action.SESSION_SUDO_REFUSED: Severity.NOTICE,
    Action.SESSION_THROTTLED: Severity.WARNING,
    Action.SESSION_ADDRESS_REFUSED: Severity.WARNING,
    Action.TOTP_ENABLED: Severity.NOTICE,
    Action.TOTP_DISABLED: Severity.WARNING,
    Action.TOTP_DISABLED_BY_POLICY: Severity.CRITICAL,
    Action.TOTP_RESET: Severity.CRITICAL,
    Action.BACKUP_CODE_USED: Severity.WARNING,
    Action.BACKUP_CODE_REFUSED: Severity.NOTICE,
    Action.PASSKEY_REGISTERED: Severity.NOTICE,
    Action.PASSKEY_REMOVED: Severity.WARNING,
    Action.PASSKEY_REFUSED: Severity.NOTICE,
    Action.PASSKEY_DISABLED_BY_POLICY: Severity.CRITICAL,
    Action.STAFF_INVITED: Severity.NOTICE,
    Action.STAFF_INVITE_APPROVED: Severity.WARNING,
    Action.STAFF_ADDED: Severity.WARNING,
    Action.STAFF_ROLE_CHANGED: Severity.WARNING,
    Action.STAFF_DISABLED: Severity.WARNING,
    Action.STAFF_ENABLED: Severity.WARNING,
    Action.STAFF_UNLOCKED: Severity.WARNING,
    Action.PASSWORD_CHANGED: Severity.NOTICE,
    Action.PASSWORD_RESET: Severity.WARNING,
    Action.EMAIL_CHANGED: Severity.WARNING,
    Action.EMAIL_CHANGE_UNDONE: Severity.WARNING,
    Action.TENANT_SUSPENDED: Severity.WARNING,
    Action.TENANT_CLOSED: Severity.WARNING,
    Action.TENANT_REOPENED: Severity.NOTICE,
    Action.USER_EXPORTED: Severity.NOTICE,
    Action.USER_ERASED: Severity.WARNING,
    Action.CUSTOMERS_IMPORTED: Severity.NOTICE,
    Action.FEATURE_KILLED: Severity.CRITICAL,
    Action.FEATURE_REVIVED: Severity.WARNING,
    Action.PLAN_CHANGED: Severity.NOTICE,
    Action.ENTITLEMENT_DENIED: Severity.WARNING,
    Action.ENTITLEMENTS_BULK_STARTED: Severity.NOTICE,
    Action.COUPON_APPROVED: Severity.NOTICE,
    Action.COUPON_BATCH_CREATED: Severity.NOTICE,
    Action.COUPON_BATCH_APPROVED: Severity.NOTICE,
    Action.COUPON_CODES_EXPORTED: Severity.NOTICE,
    Action.TICKET_SLA_BREACHED: Severity.NOTICE,
    Action.TICKETS_BULK_STARTED: Severity.NOTICE,
    Action.GOODWILL_APPROVED: Severity.NOTICE,
    Action.GOODWILL_BUDGET_CHANGED: Severity.NOTICE,
    Action.MACRO_APPLIED: Severity.NOTICE,
    Action.SLA_RULE_DISABLED: Severity.WARNING,
    Action.MAIL_BODY_VIEWED: Severity.NOTICE,
    Action.AUDIT_CSV_EXPORTED: Severity.NOTICE,
    Action.AUDIT_VERIFICATION_FAILED: Severity.CRITICAL,
    Action.AUDIT_VERIFICATION_UNPROVEN: Severity.WARNING,
    Action.AUDIT_EXPORTED: Severity.NOTICE,
    Action.AUDIT_ARCHIVED: Severity.WARNING,
    Action.AUDIT_HOLD_PLACED: Severity.NOTICE,
    Action.AUDIT_HOLD_RELEASED: Severity.WARNING,
    Action.AUDIT_KEY_CREATED: Severity.WARNING,
    Action.AUDIT_KEY_ROTATED: Severity.CRITICAL,
    Action.AUDIT_FORK_FOUND: Severity.CRITICAL,
    Action.AUDIT_FORK_ACCEPTED: Severity.CRITICAL,
    Action.STREAM_RESUMED: Severity.INFO,
    Action.STREAM_SECRET_ROTATED: Severity.INFO,
    Action.STREAM_TESTED: Severity.INFO,
    Action.STREAM_GAVE_UP: Severity.CRITICAL,
    Action.ALERT_RULE_SAVED: Severity.NOTICE,
    Action.ALERT_RULE_DISABLED: Severity.WARNING,
    Action.ALERT_RAISED: Severity.NOTICE,
}
