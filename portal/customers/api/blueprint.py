"""The one blueprint that all JSON routes of customers hang on."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint("customers_api", __name__, url_prefix="/api/customers", abp_responses=PROBLEMS)
