"""The portal: a back office for SaaS companies. `create_app` lists its rooms, low ones first."""

import os
from collections.abc import Mapping

from flask_openapi import OpenAPI

from portal.audit import pages as audit_pages
from portal.catalog import api as catalog_api
from portal.catalog import cli as catalog_cli
from portal.catalog import pages as catalog_pages
from portal.config import ROOT, load_settings
from portal.customers import api as customers_api
from portal.customers import cli as customers_cli
from portal.customers import pages as customers_pages
from portal.dashboard import pages as dashboard_pages
from portal.entitlements import api as entitlements_api
from portal.entitlements import cli as entitlements_cli
from portal.entitlements import pages as entitlements_pages
from portal.jobs import cli as jobs_cli
from portal.mail import upkeep as mail_upkeep
from portal.operations import cli as operations_cli
from portal.operations import pages as operations_pages
from portal.staff import api as staff_api
from portal.staff import cli as staff_cli
from portal.staff import pages as staff_pages
from portal.staff.current import init_current
from portal.staff.gatekeeper import StaffGatekeeper
from portal.subscriptions import api as subscriptions_api
from portal.subscriptions import cli as subscriptions_cli
from portal.subscriptions import pages as subscriptions_pages
from portal.two_factor import api as two_factor_api
from portal.two_factor import cli as two_factor_cli
from portal.two_factor import pages as two_factor_pages
from portal.two_factor.factors import register_factors
from portal.web.access import init_access
from portal.web.nav import add_nav
from portal.web.openapi import init_openapi, make_api_app
from portal.web.setup import init_web

PAGES = (
    audit_pages,
    staff_pages,
    two_factor_pages,
    customers_pages,
    catalog_pages,
    subscriptions_pages,
    entitlements_pages,
    operations_pages,
    dashboard_pages,
)
APIS = (staff_api, two_factor_api, customers_api, catalog_api, subscriptions_api, entitlements_api)
COMMANDS = (
    jobs_cli,
    staff_cli,
    two_factor_cli,
    customers_cli,
    catalog_cli,
    subscriptions_cli,
    entitlements_cli,
    operations_cli,
)
HANDLERS = (mail_upkeep,)  # imported for the jobs that they register


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
    for room in PAGES:
        app.register_blueprint(room.bp)
        add_nav(app, *room.NAV)
    for room in APIS:
        app.register_api(room.api)
    for room in COMMANDS:
        for command in room.COMMANDS:
            app.cli.add_command(command)
    init_openapi(app)
    init_access(app, StaffGatekeeper())
    return app
