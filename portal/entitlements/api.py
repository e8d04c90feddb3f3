"""The JSON API of entitlements."""

from flask_openapi import APIBlueprint

from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import PROBLEMS

api = APIBlueprint(
    "entitlements_api", __name__, url_prefix="/api/entitlements", abp_responses=PROBLEMS
)
__all__ = ["api", "commit_answer", "idempotent"]
