"""What a refused step at the door leads to, when it cannot just be tried again."""

from flask import flash, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.staff.cookies import clear_session_cookie
from portal.staff.steps import Step
from portal.web.errors import answer
from portal.web.htmx import see_other


def stopped(step: Step, *, wrong_too_often: str) -> BaseResponse | None:
    """The answer to a step that was slowed down, or that ended the session; None: neither."""
    if step.retry_after is not None:
        detail = "To keep accounts safe, this is slowed down for a while."
        return answer(429, "Too many tries", detail, retry_after=step.retry_after)
    if not step.is_session_over:
        return None
    flash(f"{wrong_too_often} Enter your password again to go on.", "warning")
    response = see_other(url_for("staff.sign_in"))
    clear_session_cookie(response)
    return response
