"""What keeps the ledger from being changed: its triggers, and the rights of the portal's role."""

import sqlalchemy as sa

from portal.audit.guards import guard_faults
from portal.audit.privileges import is_owner, privilege_faults
from portal.audit.verifying.report import Findings, Kind

OWNER = (
    "The portal works as the owner of its tables, so only the triggers stand before a change: "
    "give it a role of its own (flask audit privileges)."
)


def check_guards(connection: sa.Connection, findings: Findings) -> None:
    for what in guard_faults(connection):
        findings.add(Kind.TRIGGER_MISSING, f"The guard {what}.")


def check_privileges(connection: sa.Connection, findings: Findings) -> list[str]:
    """Name each right too many. Returns what is worth knowing where rights cannot protect."""
    if connection.dialect.name == "sqlite":
        return []
    if is_owner(connection):
        return [OWNER]
    role = connection.scalar(sa.text("SELECT current_user"))
    for what in privilege_faults(connection, role):
        if " may not " not in what:
            findings.add(Kind.EXCESS_PRIVILEGE, what)
    return []
