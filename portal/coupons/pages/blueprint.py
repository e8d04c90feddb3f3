"""The blueprint that every page of coupons belongs to."""

from flask import Blueprint

bp = Blueprint("coupons", __name__)
