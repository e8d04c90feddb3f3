"""Signing in, proving again and signing out over JSON."""

from flask import Response, jsonify, make_response
from flask_openapi import APIBlueprint
from flask_wtf.csrf import generate_csrf

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.staff.cookies import (
    bind_form_token,
    clear_session_cookie,
    forget_visitor,
    remember_browser,
    set_session_cookie,
    shown_browser,
)
from portal.staff.current import current_staff, signed_in
from portal.staff.door import at_the_door
from portal.staff.schemas import FormToken, LoginBody, Proven, SignedIn, StepBody, SudoBody
from portal.staff.sessions import end_session, session_of
from portal.staff.sign_in import open_with_password
from portal.staff.steps import take_second_step
from portal.staff.sudo import prove_again
from portal.web.access import SessionState, audits, in_state, public, without_csrf_token
from portal.web.openapi import PROBLEMS
from portal.web.problems import problem, refused_code
from portal.web.times import machine

api = APIBlueprint("staff_api", __name__, url_prefix="/api/admin/auth", abp_responses=PROBLEMS)

NEXT = {
    SessionState.PREAUTH: "second_factor",
    SessionState.MUST_ENROL: "enrol",
    SessionState.ACTIVE: "done",
}
ANY_STATE = tuple(SessionState)


@api.get("/csrf", responses={200: FormToken})
@public
def csrf() -> Response:
    """The token to send as `X-CSRFToken` with unsafe requests of this session."""
    signed_in()  # binds the token to the session, where there is one
    return jsonify(csrf_token=generate_csrf())


@api.post("/login", responses={200: SignedIn})
@public
@without_csrf_token("nobody has a token before signing in; JSON and fetch metadata protect it")
@audits(
    Action.SESSION_OPENED,
    Action.SESSION_PASSWORD_ACCEPTED,
    Action.SESSION_PASSWORD_REFUSED,
    Action.SESSION_THROTTLED,
)
def login(body: LoginBody) -> Response:
    with looking():
        staff = signed_in()
    with at_the_door(email=body.email, browser=shown_browser()) as is_known:
        found = open_with_password(
            email=body.email, password=body.password, is_known=is_known, instead_of=staff
        )
        db.session.commit()
    if found.retry_after is not None:
        return refused_code(found.retry_after)
    if found.issued is None or found.state is None:
        return problem(401, "not_authenticated", "Not signed in", "Address or password is wrong.")
    response = _carrying(found.issued.token, found.issued.session.csrf_secret, NEXT[found.state])
    remember_browser(response, body.email)
    return response


@api.post("/login/2fa", responses={200: SignedIn})
@in_state(SessionState.PREAUTH)
@audits(Action.SESSION_OPENED, Action.SESSION_CODE_REFUSED, Action.SESSION_THROTTLED)
def login_second_step(body: StepBody) -> Response:
    staff, (method, code) = current_staff(), body.proof()
    step = take_second_step(staff=staff, method=method, code=code)
    session = session_of(staff)
    db.session.commit()
    step.check_place()
    if step.token is not None:
        left = step.codes_left
        more = {} if left is None else {"backup_codes_remaining": left}
        return _carrying(step.token, session.csrf_secret, "done", **more)
    response = refused_code(step.retry_after)
    if step.is_session_over:
        clear_session_cookie(response)
    return response


@api.post("/sudo", responses={200: Proven})
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.SESSION_SUDO_GRANTED, Action.SESSION_SUDO_REFUSED, Action.SESSION_THROTTLED)
def sudo(body: SudoBody) -> Response:
    staff, (method, code) = current_staff(), body.proof()
    step = prove_again(staff=staff, method=method, code=code)
    session = session_of(staff)
    db.session.commit()
    if step.token is None or session.sudo_until is None:
        return refused_code(step.retry_after)
    bind_form_token(session.csrf_secret)
    response = jsonify(sudo_until=machine(session.sudo_until), csrf_token=generate_csrf())
    set_session_cookie(response, step.token)
    return response


@api.post("/logout", responses={204: None})
@in_state(*ANY_STATE)
@audits(Action.SESSION_CLOSED)
def logout() -> Response:
    staff = current_staff()
    end_session(by=staff.actor, session=session_of(staff), reason="signed_out")
    db.session.commit()
    return forget_visitor(make_response("", 204))


def _carrying(token: str, form_secret: str, owed: str, **more: int) -> Response:
    bind_form_token(form_secret)
    response = jsonify(next=owed, csrf_token=generate_csrf(), **more)
    set_session_cookie(response, token)
    return response
