"""My security: everything about how a person signs in, in one place."""

from flask import Response

from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.two_factor.backup_codes import code_set
from portal.two_factor.forms import NewCodesForm
from portal.two_factor.overview import standing_of
from portal.two_factor.own_trail import own_trail
from portal.two_factor.pages.blueprint import bp
from portal.web.access import requires
from portal.web.htmx import page
from portal.web.times import reader_zone


@bp.get("/account/security")
@requires(Permission.ACCOUNT_OWN)
def security() -> Response:
    person = current_staff()
    codes = code_set(person.id)
    return page(
        "two_factor/security.html",
        person=person,
        standing=standing_of(person.id),
        codes=codes,
        events=own_trail(person.id, reader_zone()),
        new_codes=NewCodesForm(data={"instead_of": codes.batch_id}),
    )
