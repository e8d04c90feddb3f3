"""Why a user may or may not use a feature, for our own people and for the user."""

from dataclasses import dataclass
from datetime import datetime

from portal.customers.models import User
from portal.entitlements.answers import Answer
from portal.entitlements.checks import check_feature_access
from portal.entitlements.explaining import Explanation, Writer, explanation_of
from portal.support.customer_words import customer_sentence


@dataclass(frozen=True, slots=True)
class Explained:
    """`sentence` is all that the customer may be told of it."""

    answer: Answer
    explanation: Explanation
    sentence: str


def explained(*, user: User, feature_name: str, at: datetime | None, written: Writer) -> Explained:
    """As of `at`, or now; `written` turns instants into text."""
    answer = check_feature_access(user_id=user.id, feature_name=feature_name, at=at)
    catalog = answer.standing.catalog
    return Explained(
        answer,
        explanation_of(answer, who=user.name, catalog=catalog, written=written),
        customer_sentence(answer, written=written),
    )
