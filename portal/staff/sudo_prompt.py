"""The page that asks for a proof before danger, and lets the request go on once it has it."""

from dataclasses import replace

from flask import Response, after_this_request, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.core.database import db
from portal.staff.cookies import bind_form_token, carries_session, set_session_cookie
from portal.staff.current import SignedInStaff, stand_in
from portal.staff.forms import SudoForm
from portal.staff.sessions import session_of
from portal.staff.steps import Step
from portal.staff.sudo import PASSWORD, is_proven, prove_again
from portal.web.access import SAFE_METHODS
from portal.web.htmx import page, wants_fragment
from portal.web.problems import is_api_request, problem
from portal.web.urls import safe_next, split_url

Fields = list[tuple[str, str]]

# Never repeated on a page: forms that carry one of these ask for the proof themselves.
UNREPEATED = frozenset(
    {
        "csrf_token",
        "password",
        "new_password",
        "current_password",
        "repeat_password",
        "totp_code",
        "backup_code",
        "credential",
        "token",
    }
)
WRONG = {
    "totp": "That code is not right. Try the next one.",
    "backup": "That backup code is not right, or it was used before.",
    "passkey": "That passkey was not accepted. Try again, or use another way.",
    PASSWORD: "That is not your password.",
}


def ask_for_proof(staff: SignedInStaff) -> Response | None:
    """None once the person has proven themselves, be it with this very request."""
    if is_proven(staff):
        return None
    if is_api_request():
        return sudo_required()
    if request.method in SAFE_METHODS:
        fields = [("next", safe_next(_here())), ("back", safe_next(_before()))]
        return prompt(SudoForm.for_person(staff), url_for("staff.sudo"), fields, 403)
    form = SudoForm.for_person(staff)
    if form.proof() is None:
        return _posted_prompt(form, 403)
    step = prove(staff, form)
    return None if step.accepted else refused_prompt(form, step, _here(), _posted())


def prove(staff: SignedInStaff, form: SudoForm) -> Step:
    """Try the form's proof, and carry on in the renewed session when it is right.

    Commits, since the code is used up and the token replaced whatever the view does next.
    """
    method, code = form.proof() or (PASSWORD, "")
    step = prove_again(staff=staff, method=method, code=code)
    session = session_of(staff)
    renewed = replace(
        staff,
        sudo_until=session.sudo_until,
        sudo_method=session.sudo_method,
        password_proven_at=session.password_proven_at,
        csrf_secret=session.csrf_secret,
    )
    db.session.commit()
    if step.token is not None:
        _carry(step.token)
        bind_form_token(renewed.csrf_secret)
        stand_in(renewed)
    return step


def refused_prompt(form: SudoForm, step: Step, url: str, fields: Fields) -> Response:
    """The prompt again, with what was wrong."""
    if step.retry_after is not None:
        form.form_errors.append("Too many tries. Wait a little, then try again.")
        return prompt(form, url, fields, 429, retry_after=step.retry_after)
    form.shown().errors = [WRONG[form.method]]
    return prompt(form, url, fields, 403)


def sudo_required() -> Response:
    return problem(
        403, "sudo_required", "Prove it is you", "Send a proof to /api/admin/auth/sudo first."
    )


def _posted_prompt(form: SudoForm, status: int) -> Response:
    return prompt(form, _here(), _posted(), status)


def prompt(
    form: SudoForm, url: str, fields: Fields, status: int, retry_after: int | None = None
) -> Response:
    """Always the whole page: it takes the place of the one that asked, also under htmx."""
    values = {"form": form, "url": url, "fields": fields}
    found = page("staff/sudo.html", status=status, retry_after=retry_after, **values)
    if wants_fragment():
        found.headers["HX-Retarget"] = "body"
        found.headers["HX-Reswap"] = "innerHTML"
    return found


def _posted() -> list[tuple[str, str]]:
    own = SudoForm.field_names()
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in UNREPEATED and name not in own
    ]


def _here() -> str:
    return request.full_path.rstrip("?")


def _before() -> str:
    """The page of ours from which somebody came."""
    parts = split_url(request.referrer or "")
    return parts._replace(scheme="", netloc="").geturl() if parts.netloc == request.host else "/"


def _carry(token: str) -> None:
    @after_this_request
    def add_cookie(response: BaseResponse) -> BaseResponse:
        if not carries_session(response):  # the view may have renewed it once more
            set_session_cookie(response, token)
        return response
