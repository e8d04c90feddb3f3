"""From where each role may come, as admins decide it."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.provenance import provenance
from portal.core.roles import Role
from portal.staff.current import current_staff
from portal.staff.pages.blueprint import bp
from portal.staff.people_forms import AddressesForm
from portal.staff.places import change_addresses, places
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/staff/policy/addresses")
@requires(Permission.SECURITY_POLICY)
def addresses() -> Response:
    return _addresses_page(200)


@bp.post("/staff/policy/addresses/<role>/change")
@requires(Permission.SECURITY_POLICY)
@sudo
@audits(Action.ADDRESSES_CHANGED)
def change_role_addresses(role: str) -> ResponseReturnValue:
    if role not in list(Role):
        return _addresses_page(404)
    chosen = Role(role)
    form = _form(chosen)
    if form.validate_on_submit():
        with form.refusing():
            outside = change_addresses(
                by=current_staff().actor,
                role=chosen,
                networks=form.lines(),
                is_forced=form.wants_force(),
            )
            db.session.commit()
            also = f" Signed in from elsewhere: {outside}." if outside else ""
            flash(f"{chosen.label}: saved.{also}", "success")
            return see_other(url_for("staff.addresses"))
    return _addresses_page(422, form, chosen)


def _form(role: Role, networks: str | None = None) -> AddressesForm:
    form = AddressesForm(
        *((None,) if networks is not None else ()), prefix=role.value, data={"networks": networks}
    )
    return form.for_role(is_own=role is current_staff().role)


def _addresses_page(
    status: int, form: AddressesForm | None = None, of: Role | None = None
) -> Response:
    rows = [
        {
            "role": role,
            "place": place,
            "form": form if form and role is of else _form(role, "\n".join(place.networks)),
        }
        for role, place in places().items()
    ]
    return page("staff/addresses.html", status=status, rows=rows, here=provenance().ip)
