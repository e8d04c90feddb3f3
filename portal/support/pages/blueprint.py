"""The blueprint that every page of the support desk belongs to."""

from flask import Blueprint

bp = Blueprint("support", __name__)
