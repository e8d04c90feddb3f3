"""Flask's own configuration and the order in which the web's parts join it."""

from datetime import timedelta

from flask import Flask, g
from flask_migrate import Migrate
from jinja2 import StrictUndefined

from portal.config import ROOT, Settings
from portal.core.database import db, engine_options
from portal.core.starting import reason_not_to_start
from portal.web.csrf import init_csrf
from portal.web.errors import init_errors
from portal.web.headers import init_headers
from portal.web.htmx import init_htmx
from portal.web.logs import init_logs
from portal.web.migrations import include_name, render_item
from portal.web.rendering import init_rendering
from portal.web.requests import init_requests
from portal.web.times import init_times
from portal.web.urls import BigIdConverter, IdConverter, init_static_urls
from portal.web.visitors import VisitorSessions

migrate = Migrate(
    directory=str(ROOT / "migrations"),
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
    render_item=render_item,
    include_name=include_name,
)

# Who looks ahead of a change holds one connection while asking for a second: with a bound, as many
# threads as it would each wait for all the others. The number of threads bounds it already.
UNBOUNDED = {"max_overflow": -1}


def init_web(app: Flask, settings: Settings) -> None:
    """Everything that no room owns. Called before the rooms register theirs."""
    app.extensions["portal_settings"] = settings
    app.extensions["portal_reason_not_to_start"] = reason_not_to_start
    app.url_map.converters |= {"int": IdConverter, "big": BigIdConverter}
    app.session_interface = VisitorSessions()
    init_rendering(app)
    _configure(app, settings)
    init_logs(settings)
    db.init_app(app)
    migrate.init_app(app, db)
    init_requests(app)
    init_htmx(app)
    init_csrf(app)
    init_errors(app)
    init_headers(app, settings)
    init_static_urls(app)
    init_times(app)
    app.context_processor(lambda: {"brand": settings.brand, "request_id": g.get("request_id")})


def _configure(app: Flask, settings: Settings) -> None:
    secure = settings.is_https
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        # Flask-WTF knows no fallbacks, but its signer takes a list, of which the last one signs.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secret_key_fallbacks), settings.secret_key],
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url) | UNBOUNDED,
        # This cookie carries the form token and messages of the next page; who is signed in
        # stands in the database.
        SESSION_COOKIE_NAME="__Host-portal-visitor" if secure else "portal_visitor",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=8),
        PREFERRED_URL_SCHEME="https" if secure else "http",
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1000,
        SEND_FILE_MAX_AGE_DEFAULT=None,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.auto_reload = not settings.is_production
    settings.instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
