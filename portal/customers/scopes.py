"""What a token may do: scopes of programs, and which permissions people may lend to one."""

from collections.abc import Iterable
from enum import StrEnum

from portal.core.permissions import CUSTOMER_PERMISSIONS, Permission
from portal.staff.roles import permissions_of


class Scope(StrEnum):
    """What a service token is issued for."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    ENTITLEMENTS_CHECK = "entitlements:check"
    ENTITLEMENTS_CONSUME = "entitlements:consume"
    ENTITLEMENTS_WRITE = "entitlements:write"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    COUPONS_REDEEM = "coupons:redeem"
    AUDIT_READ = "audit:read"

    @property
    def meaning(self) -> str:
        """What it opens, in words for the form that issues tokens."""
        return _MEANINGS[self]

    @property
    def permissions(self) -> frozenset[Permission]:
        """Empty for a scope whose room has no permission yet."""
        return _PERMISSIONS.get(self, frozenset())


_MEANINGS = {
    Scope.CUSTOMERS_READ: "Read tenants and their users",
    Scope.CUSTOMERS_WRITE: "Create, change and suspend them, say their plan; make user tokens",
    Scope.ENTITLEMENTS_CHECK: "Read what users may use, and why; features, plans and usage",
    Scope.ENTITLEMENTS_CONSUME: "Consume quotas and report usage",
    Scope.ENTITLEMENTS_WRITE: "Grant and revoke features",
    Scope.SUBSCRIPTIONS_WRITE: "Put a tenant on a plan",
    Scope.TICKETS_READ: "Read support tickets",
    Scope.TICKETS_WRITE: "Write support tickets and messages",
    Scope.COUPONS_REDEEM: "Validate and redeem coupons",
    Scope.AUDIT_READ: "Read the audit log",
}

_PERMISSIONS = {
    Scope.CUSTOMERS_READ: frozenset({Permission.CUSTOMERS_VIEW, Permission.CUSTOMERS_UNMASK}),
    Scope.CUSTOMERS_WRITE: frozenset(
        {
            Permission.CUSTOMERS_VIEW,
            Permission.CUSTOMERS_UNMASK,
            Permission.CUSTOMERS_WRITE,
            Permission.CUSTOMERS_SUSPEND,
            Permission.USER_TOKENS_MINT,
        }
    ),
    Scope.ENTITLEMENTS_CHECK: frozenset(
        {Permission.ENTITLEMENTS_VIEW, Permission.ENTITLEMENTS_CHECK, Permission.CATALOG_VIEW}
    ),
    Scope.ENTITLEMENTS_CONSUME: frozenset({Permission.ENTITLEMENTS_CONSUME}),
    Scope.ENTITLEMENTS_WRITE: frozenset(
        {
            Permission.ENTITLEMENTS_VIEW,
            Permission.ENTITLEMENTS_LOG,
            Permission.ENTITLEMENTS_CHECK,
            Permission.ENTITLEMENTS_GRANT_BRIEFLY,
            Permission.ENTITLEMENTS_GRANT,
            Permission.ENTITLEMENTS_GRANT_TENANT,
            Permission.CATALOG_VIEW,
        }
    ),
    Scope.SUBSCRIPTIONS_WRITE: frozenset({Permission.SUBSCRIPTIONS_ASSIGN}),
    Scope.TICKETS_READ: frozenset({Permission.TICKETS_VIEW, Permission.TICKETS_READ}),
    Scope.TICKETS_WRITE: frozenset(
        {Permission.TICKETS_VIEW, Permission.TICKETS_READ, Permission.TICKETS_WRITE}
    ),
    Scope.COUPONS_REDEEM: frozenset({Permission.COUPONS_REDEEM}),
    Scope.AUDIT_READ: frozenset({Permission.AUDIT_OWN, Permission.AUDIT_ALL}),
}

NEVER_LENT = frozenset(
    permission
    for permission in Permission
    if permission.partition(".")[0] in {"staff", "tokens", "account"}
) | {Permission.SECURITY_POLICY, Permission.OPERATIONS_MANAGE}
"""A token never touches people, second factors or other tokens."""


def permissions_of_scopes(scopes: Iterable[str]) -> frozenset[Permission]:
    """What a service token may do; a scope that no longer exists opens nothing."""
    known = set(Scope)
    return frozenset().union(*(Scope(name).permissions for name in scopes if name in known))


def lendable(role: str) -> frozenset[Permission]:
    """What somebody of this role may let a token of their own do."""
    return permissions_of(role) - NEVER_LENT


def permissions_of_staff_token(chosen: Iterable[str], role: str) -> frozenset[Permission]:
    """What was chosen, as far as the person may do it themselves by now."""
    wanted = set(chosen)
    return frozenset(permission for permission in lendable(role) if permission in wanted)


USER_TOKEN_PERMISSIONS = CUSTOMER_PERMISSIONS | {
    Permission.TICKETS_READ,
    Permission.TICKETS_WRITE,
}
