"""The JSON API of the catalogue: its routes stand beside those of entitlements."""

from flask import Response
from flask_openapi import APIBlueprint

from portal.audit.actions import Action
from portal.catalog.features import create_feature
from portal.catalog.overview import (
    Availability,
    FeatureSearch,
    features_page,
    plans_page,
)
from portal.catalog.revisions import catalog_now
from portal.catalog.schemas import (
    FeatureAnswer,
    FeatureBody,
    FeatureList,
    FeatureQuery,
    PlanList,
    PlanQuery,
    feature_json,
    plan_json,
)
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import PROBLEMS, json_answer, takes

api = APIBlueprint("catalog_api", __name__, url_prefix="/api/entitlements", abp_responses=PROBLEMS)


@api.get("/features", responses={200: FeatureList})
@requires(Permission.CATALOG_VIEW)
def features(query: FeatureQuery) -> Response:
    """The features by label, each with the plans that have it."""
    catalog = catalog_now()
    search = FeatureSearch(
        text=query.q,
        category=query.category.value if query.category else "",
        level=query.level,
        availability=Availability(query.availability)
        if query.availability not in {None, "all"}
        else None,
        with_archived=query.availability == "all",
    )
    found = features_page(catalog, search, cursor=query.cursor, limit=query.limit)
    items = [feature_json(catalog, feature) for feature in found.items]
    return json_answer({"items": items, "next_cursor": found.next_cursor})


@api.post("/features", responses={201: FeatureAnswer})
@requires(Permission.CATALOG_MANAGE)
@audits(Action.FEATURE_CREATED)
@idempotent
@takes
def add_feature(body: FeatureBody) -> Response:
    """Offer something new. Its name never changes and can never be used again."""
    create_feature(by=acting(), name=body.name, terms=body.terms())
    catalog = catalog_now()
    answer = json_answer(feature_json(catalog, catalog.features[body.name]))
    answer.status_code = 201
    return commit_answer(answer)


@api.get("/plans", responses={200: PlanList})
@requires(Permission.CATALOG_VIEW)
def plans(query: PlanQuery) -> Response:
    """The plans, the lowest level first, with what each says of every feature."""
    catalog = catalog_now()
    found = plans_page(
        catalog, with_archived=query.include_archived, cursor=query.cursor, limit=query.limit
    )
    items = [plan_json(catalog, plan) for plan in found.items]
    return json_answer({"items": items, "next_cursor": found.next_cursor})
