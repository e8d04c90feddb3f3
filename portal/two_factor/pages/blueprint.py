"""The blueprint on which every page of the room hangs."""

from flask import Blueprint

bp = Blueprint("two_factor", __name__)
