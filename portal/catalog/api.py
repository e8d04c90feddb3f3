"""The JSON API of catalog."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint("catalog_api", __name__, url_prefix="/api/catalog", abp_responses=PROBLEMS)
