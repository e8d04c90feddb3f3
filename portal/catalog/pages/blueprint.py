"""The blueprint on which every page of the room hangs."""

from flask import Blueprint

bp = Blueprint("catalog", __name__)
