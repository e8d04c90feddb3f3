"""The blueprint that every page of the ledger belongs to."""

from flask import Blueprint

bp = Blueprint("audit", __name__)
