"""What is held about a user: handing it out, and forgetting it."""

from flask import Response, flash, json, make_response, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.models import User
from portal.customers.pages.blueprint import bp
from portal.customers.privacy import erase_user, export_user, holdings
from portal.customers.privacy_forms import EraseForm
from portal.customers.users import user_or_404
from portal.staff.current import current_staff
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/customers/users/<int:user_id>/privacy")
@requires(Permission.CUSTOMERS_PRIVACY)
@sudo
def privacy(user_id: int) -> Response:
    return _page(user_or_404(user_id), EraseForm())


@bp.post("/customers/users/<int:user_id>/export")
@requires(Permission.CUSTOMERS_PRIVACY)
@sudo
@audits(Action.USER_EXPORTED)
def export(user_id: int) -> Response:
    user = user_or_404(user_id)
    found = export_user(by=current_staff().actor, user=user)
    answer = make_response(json.dumps(found, indent=2, ensure_ascii=False))
    db.session.commit()
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="user-{user_id}.json"'
    return answer


@bp.post("/customers/users/<int:user_id>/erase")
@requires(Permission.CUSTOMERS_PRIVACY)
@sudo
@audits(Action.USER_ERASED)
def erase(user_id: int) -> ResponseReturnValue:
    form, user = EraseForm().of(user_id), user_or_404(user_id)
    if not form.validate_on_submit():
        return _page(user, form, 422)
    erase_user(by=current_staff().actor, user=user, reason=form.reason.data)
    db.session.commit()
    flash("This person is erased. Only their number is left.", "success")
    return see_other(url_for("customers.user", user_id=user_id))


def _page(user: User, form: EraseForm, status: int = 200) -> Response:
    places = [name.replace("_", " ") for name in holdings()]
    return page("customers/privacy.html", status=status, user=user, form=form, places=places)
