"""Two users beside each other, or one user at two instants: where do the answers differ?"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, request
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Optional

from portal.core.permissions import Permission
from portal.customers.models import User
from portal.customers.named import HOW, UnclearName, user_named
from portal.entitlements.answers import Answer
from portal.entitlements.checks import get_user_features
from portal.entitlements.explaining import in_words, limit_in_words
from portal.entitlements.pages.blueprint import bp
from portal.web.access import requires
from portal.web.forms import PortalForm
from portal.web.htmx import page
from portal.web.moments import MomentField


class CompareForm(PortalForm):
    """Whom and when. Without another user, the same one at two instants."""

    class Meta(PortalForm.Meta):
        csrf = False

    user = StringField("User", [InputRequired("Name a user.")], description=HOW)
    at = MomentField("As of", [Optional()], description="Empty: now.")
    other = StringField("With user", [Optional()], description="Empty: the same user.")
    then = MomentField("As of", [Optional()], description="Empty: now.")
    everything = BooleanField("Show what is alike, too")


@dataclass(frozen=True, slots=True)
class Pair:
    """One feature, on both sides."""

    name: str
    left: str
    right: str
    left_allowed: bool | None
    right_allowed: bool | None

    @property
    def differs(self) -> bool:
        return (self.left, self.left_allowed) != (self.right, self.right_allowed)


@bp.get("/entitlements/compare")
@requires(Permission.ENTITLEMENTS_VIEW)
def compare() -> Response:
    form, pairs, people = CompareForm(request.args), None, None
    status = 200
    if request.args:
        if form.validate():
            try:
                people = _people(form)
                pairs = _pairs(people, form.at.data, form.then.data)
            except UnclearName as refusal:
                form.add_refusal(refusal)
        status = 200 if pairs is not None else 422
    shown = [pair for pair in pairs or () if pair.differs or form.everything.data]
    return page("entitlements/compare.html", status=status, form=form, people=people, pairs=shown)


def _people(form: CompareForm) -> tuple[User, User]:
    user = user_named(form.user.data or "", field="user")
    return user, user_named(form.other.data, field="other") if form.other.data else user


def _pairs(people: tuple[User, User], at: datetime | None, then: datetime | None) -> list[Pair]:
    left = _answers(people[0], at)
    right = _answers(people[1], then)
    return [_pair(name, left.get(name), right.get(name)) for name in sorted({*left, *right})]


def _answers(user: User, at: datetime | None) -> dict[str, Answer]:
    return {found.feature_name: found for found in get_user_features(user_id=user.id, at=at)}


def _pair(name: str, left: Answer | None, right: Answer | None) -> Pair:
    found = left or right
    feature = found.standing.catalog.features.get(name) if found else None
    return Pair(
        name=feature.display_name if feature and feature.display_name else name,
        left=_said(left),
        right=_said(right),
        left_allowed=left.allowed if left else None,
        right_allowed=right.allowed if right else None,
    )


def _said(answer: Answer | None) -> str:
    if answer is None:
        return "Not in the catalogue"
    return " ".join(
        part for part in (in_words(answer.reason), limit_in_words(answer.limit)) if part
    )
