"""The JSON API of coupons: making them, and using them in the product's checkout."""

from portal.coupons.api import coupons, usages
from portal.coupons.api.blueprint import api

__all__ = ["api", "coupons", "usages"]
