"""JSON routes of the two_factor room."""

from flask_openapi import APIBlueprint

api = APIBlueprint("two_factor_api", __name__)
