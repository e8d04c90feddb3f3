"""Pages of the catalogue, by subject. They share one blueprint."""

from portal.catalog import models
from portal.catalog.pages import decisions, features, matrix, plans
from portal.catalog.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (NavItem("Work", "Catalogue", "catalog.overview", "package", "f", Permission.CATALOG_VIEW),)

__all__ = ["NAV", "bp", "decisions", "features", "matrix", "models", "plans"]
