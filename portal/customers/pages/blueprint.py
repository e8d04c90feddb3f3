"""The blueprint on which every page of the room hangs."""

from flask import Blueprint

bp = Blueprint("customers", __name__)
