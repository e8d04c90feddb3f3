"""The JSON API of subscriptions."""

from flask_openapi import APIBlueprint

from portal.web.openapi import PROBLEMS

api = APIBlueprint(
    "subscriptions_api", __name__, url_prefix="/api/subscriptions", abp_responses=PROBLEMS
)
