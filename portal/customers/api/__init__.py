"""The JSON API of customers."""

from portal.customers.api import tokens
from portal.customers.api.blueprint import api

__all__ = ["api", "tokens"]
