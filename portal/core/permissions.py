"""Everything that a person or token may be allowed to do.

Which role has which stands in `portal.staff.roles`.
"""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that can be allowed; the value is `subject.what`."""

    ACCOUNT_OWN = "account.own"
    DASHBOARD_VIEW = "dashboard.view"
    STAFF_VIEW = "staff.view"
    STAFF_INVITE = "staff.invite"
    STAFF_MANAGE = "staff.manage"
    SECURITY_POLICY = "security.policy"
    AUDIT_OWN = "audit.own"
    AUDIT_MONEY = "audit.money"
    AUDIT_ALL = "audit.all"
    AUDIT_MANAGE = "audit.manage"
    AUDIT_EXPORT = "audit.export"
    AUDIT_HOLD = "audit.hold"
    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_UNMASK = "customers.unmask"
    CUSTOMERS_WRITE = "customers.write"
    CUSTOMERS_SUSPEND = "customers.suspend"
    CUSTOMERS_IMPORT = "customers.import"
    CUSTOMERS_PRIVACY = "customers.privacy"
    TOKENS_OWN = "tokens.own"
    TOKENS_MANAGE = "tokens.manage"
    USER_TOKENS_MINT = "tokens.mint_user"
    CATALOG_VIEW = "catalog.view"
    CATALOG_MANAGE = "catalog.manage"
    SUBSCRIPTIONS_ASSIGN = "subscriptions.assign"
    ENTITLEMENTS_VIEW = "entitlements.view"
    ENTITLEMENTS_LOG = "entitlements.log"
    ENTITLEMENTS_CHECK = "entitlements.check"
    ENTITLEMENTS_CONSUME = "entitlements.consume"
    ENTITLEMENTS_GRANT_BRIEFLY = "entitlements.grant_briefly"
    ENTITLEMENTS_GRANT = "entitlements.grant"
    ENTITLEMENTS_GRANT_TENANT = "entitlements.grant_tenant"
    ENTITLEMENTS_DENY = "entitlements.deny"
    QUOTAS_ADJUST = "quotas.adjust"
    COUPONS_VIEW = "coupons.view"
    COUPONS_MANAGE = "coupons.manage"
    COUPONS_APPROVE = "coupons.approve"
    COUPONS_REDEEM = "coupons.redeem"
    ME_ENTITLEMENTS = "me.entitlements"
    TICKETS_VIEW = "tickets.view"
    TICKETS_REPLY = "tickets.reply"
    TICKETS_READ = "tickets.read"
    TICKETS_WRITE = "tickets.write"
    GOODWILL_GIVE = "goodwill.give"
    GOODWILL_APPROVE = "goodwill.approve"
    SUPPORT_REPORTS = "support.reports"
    SUPPORT_MANAGE = "support.manage"
    OPERATIONS_VIEW = "operations.view"
    OPERATIONS_MANAGE = "operations.manage"

    @property
    def meaning(self) -> str:
        """What it allows, in words for the permission table."""
        return _MEANINGS[self]


_MEANINGS = {
    Permission.ACCOUNT_OWN: "Manage the own account, password, second factor and sessions",
    Permission.DASHBOARD_VIEW: "See the dashboard",
    Permission.STAFF_VIEW: "See the people of the portal and their roles",
    Permission.STAFF_INVITE: "Invite a support agent",
    Permission.STAFF_MANAGE: "Invite anyone, change roles, disable people, end their sessions",
    Permission.SECURITY_POLICY: "Decide which roles must use a second factor",
    Permission.AUDIT_OWN: "See the events of the own account",
    Permission.AUDIT_MONEY: "See the events about plans, subscriptions, coupons and goodwill",
    Permission.AUDIT_ALL: "See the events of everybody",
    Permission.AUDIT_MANAGE: "Decide where the audit log is streamed and what raises an alert",
    Permission.AUDIT_EXPORT: "Export events with their proofs",
    Permission.AUDIT_HOLD: "Forbid that old events are removed, and allow it again",
    Permission.CUSTOMERS_VIEW: "See tenants and their users",
    Permission.CUSTOMERS_UNMASK: "See the whole e-mail address of a tenant's user",
    Permission.CUSTOMERS_WRITE: "Create and change tenants and users",
    Permission.CUSTOMERS_SUSPEND: "Suspend, close and reopen tenants",
    Permission.CUSTOMERS_IMPORT: "Import customers from a file",
    Permission.CUSTOMERS_PRIVACY: "Export or erase what is held about a user",
    Permission.TOKENS_OWN: "Make API tokens that act for oneself",
    Permission.TOKENS_MANAGE: "Make service tokens and revoke any token",
    Permission.USER_TOKENS_MINT: "Make a token that acts for a user of a tenant",
    Permission.CATALOG_VIEW: "See features and plans",
    Permission.CATALOG_MANAGE: "Change features and plans",
    Permission.SUBSCRIPTIONS_ASSIGN: "Put a tenant on a plan",
    Permission.ENTITLEMENTS_VIEW: "See who may use what, and why",
    Permission.ENTITLEMENTS_LOG: "Read who granted and changed what, and when",
    Permission.ENTITLEMENTS_CHECK: "Ask whether a user may use a feature",
    Permission.ENTITLEMENTS_CONSUME: "Consume quotas and report usage",
    Permission.ENTITLEMENTS_GRANT_BRIEFLY: "Grant a feature to a user for 14 days or less",
    Permission.ENTITLEMENTS_GRANT: "Grant or block features for users, however long",
    Permission.ENTITLEMENTS_GRANT_TENANT: "Grant or block features for whole tenants",
    Permission.ENTITLEMENTS_DENY: "Deny a feature beyond any grant",
    Permission.QUOTAS_ADJUST: "Top up, reset and refund quotas",
    Permission.COUPONS_VIEW: "See coupons and who used them",
    Permission.COUPONS_MANAGE: "Make coupons of up to 30 %, 100 uses and 90 days; change them",
    Permission.COUPONS_APPROVE: "Make coupons beyond these limits, and approve those of others",
    Permission.COUPONS_REDEEM: "Validate, reserve and redeem coupons for customers",
    Permission.ME_ENTITLEMENTS: "As a customer's user: ask about oneself and consume",
    Permission.TICKETS_VIEW: "See the queues and every ticket",
    Permission.TICKETS_REPLY: "Work on tickets: answer, note, assign, change",
    Permission.TICKETS_READ: "Read tickets by a program; a customer's user their own",
    Permission.TICKETS_WRITE: "Write tickets by a program; a customer's user their own",
    Permission.GOODWILL_GIVE: "Make it good from a ticket, inside the own budget",
    Permission.GOODWILL_APPROVE: "See all goodwill and decide on what passes a limit",
    Permission.SUPPORT_REPORTS: "See the reports of support",
    Permission.SUPPORT_MANAGE: "Decide on teams, agents, service levels and shared answers",
    Permission.OPERATIONS_VIEW: "See jobs, mail and health",
    Permission.OPERATIONS_MANAGE: "Retry and cancel jobs and mails",
}

CUSTOMER_PERMISSIONS = frozenset({Permission.ME_ENTITLEMENTS})
"""What only a customer's own user has: nobody of ours stands in for them."""
