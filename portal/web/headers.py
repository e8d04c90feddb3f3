"""Response headers of every answer (OWASP secure headers; specs: identity 2.15)."""

from flask import Flask, Response, request

from portal.config import settings

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    ]
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Flask-WTF wants the referrer over https: never `no-referrer`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "publickey-credentials-get=(self)",
    "X-Frame-Options": "DENY",
}
VARY = "Cookie, HX-Request, Sec-Fetch-Site"
TWO_YEARS = "max-age=63072000; includeSubDomains"
SERVED = frozenset({200, 206, 304})
HASHED_FOR_EVER = "public, max-age=31536000, immutable"


def init_headers(app: Flask) -> None:
    app.after_request(_add_headers)


def say_when(response: Response, seconds: int | None) -> Response:
    """Tell a caller who came too early when to come again; with None, nothing."""
    if seconds is not None:
        response.headers["Retry-After"] = str(max(1, seconds))
    return response


def _add_headers(response: Response) -> Response:
    headers = response.headers
    for name, value in ALWAYS.items():
        if name not in headers:
            headers[name] = value
    if settings().is_https:
        headers["Strict-Transport-Security"] = TWO_YEARS
        headers["Content-Security-Policy"] += "; upgrade-insecure-requests"
    if request.endpoint == "static" and response.status_code in SERVED:
        headers["Cache-Control"] = HASHED_FOR_EVER if "v" in request.args else "no-cache"
        return response
    headers["Cache-Control"] = headers.get("Cache-Control", "no-store")
    headers["Vary"] = VARY
    return response
