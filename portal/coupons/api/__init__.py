"""The JSON API of coupons: making them, and using them in the product's checkout."""

from portal.coupons.api import batches, coupons, simulating, usages
from portal.coupons.api.blueprint import api

__all__ = ["api", "batches", "coupons", "simulating", "usages"]
