"""Response headers of every answer (OWASP Secure Headers Project, HTTP Headers Cheat Sheet)."""

from flask import Flask, Response, request

from portal.config import Settings
from portal.web.urls import is_fingerprint

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
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
        "report-to csp",
    ]
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    # Browsers report where TLS protects it; `operations` takes it.
    "Reporting-Endpoints": 'csp="/csp-reports"',
    "X-Content-Type-Options": "nosniff",
    # Flask-WTF wants the referrer over https: never `no-referrer`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "X-Frame-Options": "DENY",
}
VARY = "Cookie, HX-Request, Sec-Fetch-Site"
UPGRADE = "; upgrade-insecure-requests"
TWO_YEARS = "max-age=63072000; includeSubDomains"
SERVED = frozenset({200, 206, 304})
HASHED_FOR_EVER = "public, max-age=31536000, immutable"


# Whether the portal speaks https decides; each name also as it is compared.
_SECURE = {
    **ALWAYS,
    "Content-Security-Policy": POLICY + UPGRADE,
    "Strict-Transport-Security": TWO_YEARS,
}
_ALWAYS = {
    is_https: tuple((name.lower(), name, value) for name, value in found.items())
    for is_https, found in ((False, ALWAYS), (True, _SECURE))
}


def init_headers(app: Flask, settings: Settings) -> None:
    is_https = settings.is_https

    @app.after_request
    def add_headers(response: Response) -> Response:
        return _add_headers(response, is_https)


def say_when(response: Response, seconds: int | None) -> Response:
    """Tell a caller who came too early when to come again; with None, nothing."""
    if seconds is not None:
        response.headers["Retry-After"] = str(max(1, seconds))
    return response


def _add_headers(response: Response, is_https: bool) -> Response:
    headers = response.headers
    given = {name.lower() for name in headers.keys()}  # noqa: SIM118 - iteration gives pairs
    if is_https and "content-security-policy" in given:
        headers["Content-Security-Policy"] += UPGRADE
    for key, name, value in _ALWAYS[is_https]:
        if key not in given:
            headers.add(name, value)
    if request.endpoint == "static" and response.status_code in SERVED:
        path = (request.view_args or {}).get("filename", "")
        is_hashed = is_fingerprint(request.args.get("v"), path)
        headers["Cache-Control"] = HASHED_FOR_EVER if is_hashed else "no-cache"
        return response
    if "cache-control" not in given:
        headers.add("Cache-Control", "no-store")
    if "vary" in given:
        del headers["Vary"]
    headers.add("Vary", VARY)
    return response
