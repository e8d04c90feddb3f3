"""The blueprint that every page of the ledger belongs to, and what several of them ask."""

from flask import Blueprint

from portal.core.permissions import Permission
from portal.web.access import acting

bp = Blueprint("audit", __name__)


def may_manage() -> bool:
    """Whether to offer changes of streams and alert rules."""
    return acting().may(Permission.AUDIT_MANAGE)
