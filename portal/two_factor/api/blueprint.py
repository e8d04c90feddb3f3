"""The one blueprint that all JSON routes of the second factor hang on."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint("two_factor_api", __name__, url_prefix="/api/admin", abp_responses=PROBLEMS)
