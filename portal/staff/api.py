"""JSON routes of the staff room."""

from flask_openapi import APIBlueprint

api = APIBlueprint("staff_api", __name__)
