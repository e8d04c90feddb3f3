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
    AUDIT_ALL = "audit.all"
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
    Permission.AUDIT_ALL: "See the events of everybody",
    Permission.OPERATIONS_VIEW: "See jobs, mail and health",
    Permission.OPERATIONS_MANAGE: "Retry and cancel jobs and mails",
}
