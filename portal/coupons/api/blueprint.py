"""The one blueprint that all JSON routes of coupons hang on."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint("coupons_api", __name__, url_prefix="/api/coupons", abp_responses=PROBLEMS)
