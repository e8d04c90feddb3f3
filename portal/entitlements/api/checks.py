"""May this user use this feature, and which may they use at all? None of it changes anything."""

from flask import Response, request

from portal.catalog.refusals import NoSuchFeature
from portal.core import clock
from portal.core.permissions import Permission
from portal.customers.bearer import brings, current_customer
from portal.entitlements.api.blueprint import api
from portal.entitlements.checks import standing
from portal.entitlements.counted import COUNTS, counts_in
from portal.entitlements.load import facts_in, facts_of
from portal.entitlements.schemas import (
    AnswerShape,
    AnswersShape,
    BatchCheckBody,
    CheckBody,
    FeaturesQuery,
    HolderPath,
)
from portal.entitlements.snapshots import Standing
from portal.entitlements.writing import feature_list, many_answers, one_answer
from portal.web.access import caller, reads_only, requires, unaudited
from portal.web.openapi import takes, written_answer

READS_ONLY = "it only reads; the body carries the question"


@api.get("/me/features", responses={200: AnswersShape})
@requires(Permission.ME_ENTITLEMENTS)
@brings(*COUNTS)
@takes
def my_features(query: FeaturesQuery) -> Response:
    """Every feature on offer: may I, why, how much is left. `If-None-Match` answers 304."""
    row = current_customer().row
    found = standing(facts_in(row))
    features = feature_list(found, counts_in(row), clock.now(), query.category, query.explain)
    if request.if_none_match.contains_weak(features.mark):
        response = Response(status=304)
    else:
        response = written_answer(features.written())
    response.headers["ETag"] = f'W/"{features.mark}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@api.post("/me/check-access", responses={200: AnswerShape})
@requires(Permission.ME_ENTITLEMENTS)
@reads_only
@unaudited(READS_ONLY)
@takes
def check_my_access(body: CheckBody) -> Response:
    """May I use this feature? A denial is an answer, not an error. Nothing is consumed."""
    return _checked(standing(facts_in(current_customer().row), body.at), body)


@api.post("/users/<int:holder_id>/check-access", responses={200: AnswerShape})
@requires(Permission.ENTITLEMENTS_CHECK)
@reads_only
@unaudited(READS_ONLY)
@takes
def check_access(path: HolderPath, body: CheckBody) -> Response:
    """May this user use this feature?"""
    return _checked(standing(facts_of(user_id=path.holder_id), body.at), body)


@api.post("/me/check-access/batch", responses={200: AnswersShape})
@requires(Permission.ME_ENTITLEMENTS)
@reads_only
@unaudited(READS_ONLY)
@takes
def check_my_access_to_many(body: BatchCheckBody) -> Response:
    """The same for up to 100 features at once, answered in their order."""
    return _checked_many(standing(facts_in(current_customer().row), body.at), body)


@api.post("/users/<int:holder_id>/check-access/batch", responses={200: AnswersShape})
@requires(Permission.ENTITLEMENTS_CHECK)
@reads_only
@unaudited(READS_ONLY)
@takes
def check_access_to_many(path: HolderPath, body: BatchCheckBody) -> Response:
    """The same for up to 100 features at once, answered in their order."""
    return _checked_many(standing(facts_of(user_id=path.holder_id), body.at), body)


def _checked(found: Standing, body: CheckBody) -> Response:
    """Who may list the features is told that there is no such one; for others it is denied."""
    asker = caller()
    may_list = asker is not None and asker.actor.may(Permission.CATALOG_VIEW)
    if may_list and body.feature_name not in found.catalog.features:
        raise NoSuchFeature("No feature has this name.", field="feature_name")
    at = body.at or clock.now()
    text = one_answer(found, body.feature_name, at, body.quantity, body.explain, _asks_for_self())
    return written_answer(text)


def _checked_many(found: Standing, body: BatchCheckBody) -> Response:
    at = body.at or clock.now()
    return written_answer(many_answers(found, body.features, at, body.explain, _asks_for_self()))


def _asks_for_self() -> bool:
    asker = caller()
    return asker is not None and asker.actor.may(Permission.ME_ENTITLEMENTS)
