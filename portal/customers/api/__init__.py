"""The JSON API of customers."""

from portal.customers.api import tenants, tokens, users
from portal.customers.api.blueprint import api

__all__ = ["api", "tenants", "tokens", "users"]
