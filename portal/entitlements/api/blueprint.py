"""The one blueprint that all JSON routes of entitlements hang on."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint(
    "entitlements_api", __name__, url_prefix="/api/entitlements", abp_responses=PROBLEMS
)
