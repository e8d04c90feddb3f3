"""Proving oneself with a passkey over JSON: alone, as a second step, or for something dangerous."""

from flask import Response, jsonify
from flask_wtf.csrf import generate_csrf

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.staff.cookies import (
    bind_form_token,
    clear_session_cookie,
    name_visitor,
    set_session_cookie,
    visitor_name,
)
from portal.staff.current import current_staff, signed_in
from portal.staff.sessions import session_of
from portal.staff.steps import Step, take_second_step
from portal.staff.sudo import prove_again
from portal.two_factor.api.blueprint import api
from portal.two_factor.api.passkeys import carrying
from portal.two_factor.passkey_proofs import (
    METHOD,
    open_with_passkey,
    options_to_prove,
    options_to_sign_in,
)
from portal.two_factor.schemas import CeremonyOptions, CredentialBody, PasskeyProven
from portal.web.access import (
    SessionState,
    audits,
    in_state,
    public,
    unaudited,
    without_csrf_token,
)
from portal.web.problems import problem, refused_code
from portal.web.times import machine

WITHOUT_TOKEN = "nobody has a token before signing in; JSON and fetch metadata protect it"  # noqa: S105


@api.post("/passkeys/sign-in/options", responses={200: CeremonyOptions})
@public
@without_csrf_token(WITHOUT_TOKEN)
@unaudited("a challenge proves nothing yet")
def sign_in_options() -> Response:
    """What `navigator.credentials.get` takes, for whoever has a passkey here."""
    options = options_to_sign_in(visitor=name_visitor())
    db.session.commit()
    return jsonify(options)


@api.post("/passkeys/sign-in/verify", responses={200: PasskeyProven})
@public
@without_csrf_token(WITHOUT_TOKEN)
@audits(Action.SESSION_OPENED, Action.PASSKEY_REFUSED, Action.SESSION_THROTTLED)
def sign_in_verify(body: CredentialBody) -> Response:
    """Sign in with the passkey alone. It must have verified its owner."""
    with looking():
        staff = signed_in()
    found = open_with_passkey(answer=body.text(), visitor=visitor_name(), instead_of=staff)
    db.session.commit()
    found.check_place()
    if found.issued is None:
        return _refused(found.retry_after)
    bind_form_token(found.issued.session.csrf_secret)
    answer = jsonify(next="done", csrf_token=generate_csrf())
    set_session_cookie(answer, found.issued.token)
    return answer


@api.post("/passkeys/authenticate/options", responses={200: CeremonyOptions})
@in_state(SessionState.PREAUTH, SessionState.ACTIVE)
@unaudited("a challenge proves nothing yet")
def authenticate_options() -> Response:
    """What `navigator.credentials.get` takes, for one of the person's own passkeys."""
    options = options_to_prove(staff=current_staff())
    db.session.commit()
    return jsonify(options)


@api.post("/passkeys/authenticate/verify", responses={200: PasskeyProven})
@in_state(SessionState.PREAUTH, SessionState.ACTIVE)
@audits(
    Action.SESSION_OPENED,
    Action.SESSION_CODE_REFUSED,
    Action.SESSION_SUDO_GRANTED,
    Action.SESSION_SUDO_REFUSED,
    Action.SESSION_THROTTLED,
)
def authenticate_verify(body: CredentialBody) -> Response:
    """While signing in, the second step; later, proof for something dangerous."""
    staff = current_staff()
    if staff.state is SessionState.PREAUTH:
        step = take_second_step(staff=staff, method=METHOD, code=body.text())
        db.session.commit()
        step.check_place()
        return _stepped(step)
    step = prove_again(staff=staff, method=METHOD, code=body.text())
    until = session_of(staff).sudo_until
    db.session.commit()
    if step.token is None or until is None:
        return _refused(step.retry_after)
    return carrying(step.token, sudo_until=machine(until))


def _stepped(step: Step) -> Response:
    if step.token is not None:
        return carrying(step.token, next="done")
    answer = _refused(step.retry_after)
    if step.is_session_over:
        clear_session_cookie(answer)
    return answer


def _refused(retry_after: int | None) -> Response:
    """One answer for whatever is wrong."""
    if retry_after is not None:
        return refused_code(retry_after)
    return problem(401, "invalid_code", "That passkey was not accepted", "Ask for new options.")
