"""Which role may do what: the one table. Deny is the default.

The page `/staff/roles` and `docs/roles.md` are drawn from it.
"""

from portal.core.permissions import CUSTOMER_PERMISSIONS, Permission
from portal.core.roles import Role

EVERYBODY = frozenset(
    {
        Permission.ACCOUNT_OWN,
        Permission.DASHBOARD_VIEW,
        Permission.AUDIT_OWN,
        Permission.CUSTOMERS_VIEW,
        Permission.CATALOG_VIEW,
        Permission.ENTITLEMENTS_VIEW,
        Permission.ENTITLEMENTS_LOG,
        Permission.ENTITLEMENTS_CHECK,
        Permission.TOKENS_OWN,
    }
)

DESK = frozenset(
    {
        Permission.TICKETS_VIEW,
        Permission.TICKETS_REPLY,
        Permission.TICKETS_READ,
        Permission.TICKETS_WRITE,
        Permission.GOODWILL_GIVE,
        Permission.SUPPORT_REPORTS,
    }
)

COUPONS = frozenset(
    {
        Permission.COUPONS_VIEW,
        Permission.COUPONS_MANAGE,
        Permission.COUPONS_APPROVE,
        Permission.COUPONS_REDEEM,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - CUSTOMER_PERMISSIONS,
    Role.MANAGER: EVERYBODY
    | DESK
    | COUPONS
    | {
        Permission.SUPPORT_MANAGE,
        Permission.GOODWILL_APPROVE,
        Permission.STAFF_VIEW,
        Permission.STAFF_INVITE,
        Permission.AUDIT_ALL,
        Permission.AUDIT_EXPORT,
        Permission.OPERATIONS_VIEW,
        Permission.CUSTOMERS_UNMASK,
        Permission.CUSTOMERS_WRITE,
        Permission.CUSTOMERS_SUSPEND,
        Permission.CUSTOMERS_IMPORT,
        Permission.CUSTOMERS_PRIVACY,
        Permission.SUBSCRIPTIONS_ASSIGN,
        Permission.ENTITLEMENTS_GRANT_BRIEFLY,
        Permission.ENTITLEMENTS_GRANT,
        Permission.QUOTAS_ADJUST,
    },
    Role.SUPPORT_AGENT: EVERYBODY
    | DESK
    | {
        Permission.CUSTOMERS_UNMASK,
        Permission.CUSTOMERS_WRITE,
        Permission.ENTITLEMENTS_GRANT_BRIEFLY,
        Permission.COUPONS_VIEW,
    },
    Role.FINANCE: EVERYBODY
    | COUPONS
    | {
        Permission.AUDIT_MONEY,
        Permission.CUSTOMERS_UNMASK,
        Permission.SUBSCRIPTIONS_ASSIGN,
        Permission.TICKETS_VIEW,
        Permission.TICKETS_READ,
        Permission.SUPPORT_REPORTS,
    },
    Role.MARKETING: EVERYBODY | {Permission.COUPONS_VIEW, Permission.COUPONS_MANAGE},
}


def permissions_of(role: str) -> frozenset[Permission]:
    """What the role may do; nothing for a role that does not exist (any more)."""
    try:
        return PERMISSIONS[Role(role)]
    except ValueError:
        return frozenset()


def may_give(giver: frozenset[Permission], role: Role) -> bool:
    """May somebody with these permissions make another person this role?

    Whoever manages people gives any role; whoever may only invite gives the lowest one, so that
    nobody creates an account stronger than their own.
    """
    if Permission.STAFF_MANAGE in giver:
        return True
    return Permission.STAFF_INVITE in giver and role is Role.SUPPORT_AGENT
