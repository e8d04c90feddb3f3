"""Pages of the second factor, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.two_factor.pages import (
    authenticator,
    lost_device,
    passkey_proof,
    passkeys,
    policy,
    recovery,
    recovery_decisions,
    security,
)
from portal.two_factor.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "People",
        "Sign-in rules",
        "two_factor.policy",
        "shield-lock",
        "r",
        Permission.SECURITY_POLICY,
    ),
    NavItem(
        "People", "Recovery", "two_factor.list_recoveries", "key", "q", Permission.STAFF_MANAGE
    ),
)

__all__ = [
    "NAV",
    "authenticator",
    "bp",
    "lost_device",
    "passkey_proof",
    "passkeys",
    "policy",
    "recovery",
    "recovery_decisions",
    "security",
]
