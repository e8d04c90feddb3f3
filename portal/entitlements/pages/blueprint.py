"""The blueprint that every page of entitlements belongs to."""

from flask import Blueprint

bp = Blueprint("entitlements", __name__)
