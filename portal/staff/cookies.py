"""The session's token on its way to the browser and out of it again."""

from typing import TypeVar

from flask import g, request, session
from werkzeug.wrappers import Response as BaseResponse

from portal.config import settings
from portal.core.tokens import new_token
from portal.staff.current import cookie_name
from portal.staff.known_browsers import KNOWN_FOR, browser_mark

VISITOR = "visitor"
Visited = TypeVar("Visited", bound=BaseResponse)


def set_session_cookie(response: BaseResponse, token: str) -> None:
    """Without an age, so that it ends with the browser; the server ends it earlier."""
    response.set_cookie(
        cookie_name(), token, secure=settings().is_https, httponly=True, samesite="Lax", path="/"
    )


def carries_session(response: BaseResponse) -> bool:
    """Does the answer bring a session's token already?"""
    return any(
        line.startswith(f"{cookie_name()}=") for line in response.headers.getlist("Set-Cookie")
    )


def clear_session_cookie(response: BaseResponse) -> None:
    response.delete_cookie(
        cookie_name(), secure=settings().is_https, httponly=True, samesite="Lax", path="/"
    )


def remember_browser(response: BaseResponse, email: str) -> None:
    """Whoever got here knows this person's password; signing out does not change that."""
    response.set_cookie(
        browser_cookie_name(),
        browser_mark(email),
        max_age=KNOWN_FOR,
        secure=settings().is_https,
        httponly=True,
        samesite="Strict",
        path="/",
    )


def shown_browser() -> str:
    """The mark that the browser of the running request keeps; empty without one."""
    return request.cookies.get(browser_cookie_name(), "")


def browser_cookie_name() -> str:
    return "__Host-portal-browser" if settings().is_https else "portal_browser"


def bind_form_token(secret: str) -> None:
    """From here on, forms drawn in this request belong to the session with this secret."""
    session["csrf_token"] = secret
    g.pop("csrf_token", None)  # Flask-WTF keeps the signed one for the rest of the request


def name_visitor() -> str:
    """A new name for this browser, which nobody else knows: what a stranger is asked is theirs."""
    session[VISITOR] = new_token()
    return str(session[VISITOR])


def visitor_name() -> str:
    """The one that it has now; empty without one."""
    return str(session.get(VISITOR, ""))


def forget_visitor(response: Visited) -> Visited:
    """Leave nothing of the session: neither its cookies nor stored pages."""
    session.clear()
    clear_session_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
