"""The portal: a back office for SaaS companies, room by room."""

import gc
import os
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from flask_openapi import OpenAPI

from portal.config import ROOT, load_settings
from portal.customers.gatekeeper import TokenGatekeeper
from portal.staff.current import cookie_name, init_current
from portal.two_factor.factors import register_factors
from portal.web.access import init_access
from portal.web.commands import add_commands
from portal.web.nav import add_nav
from portal.web.openapi import init_openapi, make_api_app
from portal.web.setup import init_web

ROOMS = {
    "jobs": ("cli", "upkeep"),
    "audit": ("pages", "api", "cli", "upkeep", "outside"),
    "mail": ("upkeep",),
    "staff": ("pages", "api", "cli", "upkeep", "ledger_notices"),
    "two_factor": ("pages", "api", "cli", "upkeep", "taking_back"),
    "customers": ("pages", "api", "cli"),
    "catalog": ("pages", "api"),
    "subscriptions": ("pages", "api"),
    "coupons": ("pages", "api", "upkeep"),
    "entitlements": ("pages", "api", "cli", "bulk_work", "expiry"),
    "support": ("pages", "api", "upkeep"),
    "operations": ("pages", "cli"),
    "dashboard": ("pages",),
}


def _load() -> list[ModuleType]:
    """All parts. What they are made of stays for good, so garbage is looked for neither while they
    are loaded, which would take a third longer, nor ever after in what is there by then.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return [
            import_module(f"portal.{room}.{part}")
            for room, parts in ROOMS.items()
            for part in parts
        ]
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


PARTS = _load()


def create_app(environ: Mapping[str, str] = os.environ) -> OpenAPI:
    """A portal with the settings of `environ`.

    Raises:
        UnsafeSettings: it would be unsafe or broken; the message names each setting.
    """
    app = make_api_app(
        "portal",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    init_web(app, load_settings(environ))
    init_current(app)
    register_factors()
    for part in PARTS:
        _add(app, part)
    init_openapi(app, cookie_name)
    init_access(app, TokenGatekeeper())
    return app


def _add(app: OpenAPI, part: ModuleType) -> None:
    """Whichever of these a part has: pages with their places in the menu, routes, commands."""
    if hasattr(part, "bp"):
        app.register_blueprint(part.bp)
        add_nav(app, *part.NAV)
    if hasattr(part, "api"):
        app.register_api(part.api)
    add_commands(app, *getattr(part, "COMMANDS", ()))
