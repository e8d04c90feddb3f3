"""Signing in with a passkey and nothing else."""

from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.staff.cookies import set_session_cookie, visitor_name
from portal.staff.current import signed_in
from portal.staff.forms import PasskeyForm, SignInForm
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.passkey_proofs import open_with_passkey
from portal.web.access import audits, public
from portal.web.errors import answer
from portal.web.htmx import page, see_other
from portal.web.urls import safe_next

REFUSED = "That passkey was not accepted. Try again, or sign in with your password."


@bp.post("/sign-in/passkey-alone")
@public
@audits(Action.SESSION_OPENED, Action.PASSKEY_REFUSED, Action.SESSION_THROTTLED)
def sign_in_with_passkey() -> ResponseReturnValue:
    form = PasskeyForm()
    with looking():
        staff = signed_in()
    target = safe_next(form.next.data)
    found = open_with_passkey(answer=form.code(), visitor=visitor_name(), instead_of=staff)
    db.session.commit()
    found.check_place()
    if found.retry_after is not None:
        detail = "To keep accounts safe, this is slowed down for a while. Nothing is locked."
        return answer(429, "Too many tries", detail, retry_after=found.retry_after)
    if found.issued is None:
        again = SignInForm(None, next=target)
        again.form_errors.append(REFUSED)
        return page("staff/sign_in.html", form=again, status=401)
    response = see_other(target)
    set_session_cookie(response, found.issued.token)
    return response
