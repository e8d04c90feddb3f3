"""The permission table as Markdown: `docs/roles.md` is this text."""

from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.roles import PERMISSIONS


def role_table() -> str:
    """One row a permission, one column a role."""
    roles = list(Role)
    lines = [
        "# Roles",
        "",
        "What each role may do. What is not ticked is denied. Written by `flask --app wsgi staff",
        "roles > docs/roles.md` from `portal/staff/roles.py`; a test keeps it current.",
        "",
        "| permission | " + " | ".join(role.label for role in roles) + " |",
        "|---|" + "---|" * len(roles),
    ]
    for permission in Permission:
        ticks = ["✓" if permission in PERMISSIONS[role] else "–" for role in roles]
        lines.append(f"| {permission.meaning} | " + " | ".join(ticks) + " |")
    return "\n".join(lines) + "\n"
