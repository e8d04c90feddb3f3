"""The one blueprint that all JSON routes of the support desk hang on."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint("support_api", __name__, url_prefix="/api/support", abp_responses=PROBLEMS)
