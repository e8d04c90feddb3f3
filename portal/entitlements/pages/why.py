"""Why a user may or may not use a feature: now or as of any instant."""

from datetime import datetime

from flask import Response, request

from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.customers.users import user_or_404
from portal.entitlements.checks import check_feature_access
from portal.entitlements.explaining import explanation_of
from portal.entitlements.pages.blueprint import bp
from portal.staff.current import current_staff
from portal.web.access import requires
from portal.web.forms import PortalForm
from portal.web.htmx import page_or_fragment
from portal.web.moments import MomentField
from portal.web.times import exact


class MomentForm(PortalForm):
    """The instant to ask about; empty is now."""

    class Meta(PortalForm.Meta):
        csrf = False

    at = MomentField("As of")


@bp.get("/entitlements/users/<int:user_id>/why/<feature_name>")
@requires(Permission.ENTITLEMENTS_VIEW)
def why(user_id: int, feature_name: str) -> Response:
    user, form = user_or_404(user_id), MomentForm(request.args)
    moment, status = asked_moment(form)
    answer = check_feature_access(user_id=user.id, feature_name=feature_name, at=moment)
    return page_or_fragment(
        "entitlements/why.html",
        "entitlements/_why.html",
        status=status,
        user=user,
        feature_name=feature_name,
        form=form,
        answer=answer,
        found=explanation_of(answer, who=user.name, catalog=answer.standing.catalog, written=exact),
        may_grant=current_staff().actor.may(Permission.ENTITLEMENTS_GRANT_BRIEFLY),
    )


def asked_moment(form: MomentForm) -> tuple[datetime | None, int]:
    """The instant in the address and the status: one that cannot be read is said to be so."""
    if form.validate():
        return form.at.data, 200
    form.add_refusal(DomainError("The page shows the present state instead."))
    return None, 422
