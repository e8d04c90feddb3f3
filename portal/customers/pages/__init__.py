"""Pages of customers, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.customers import cleaning
from portal.customers.pages import directory, imports, moves, privacy, tenants, tokens, users
from portal.customers.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "Work",
        "Customers",
        "customers.customers",
        "building",
        "c",
        Permission.CUSTOMERS_VIEW,
        searches="customers.customers",
    ),
    NavItem("System", "API tokens", "customers.tokens", "key", "k", Permission.TOKENS_OWN),
)

__all__ = [
    "NAV",
    "bp",
    "cleaning",
    "directory",
    "imports",
    "moves",
    "privacy",
    "tenants",
    "tokens",
    "users",
]
