"""The roles that a person of ours may have."""

from enum import StrEnum


class Role(StrEnum):
    """What a person is here. What each may do stands in `portal.staff.roles`."""

    ADMIN = "admin"
    MANAGER = "manager"
    SUPPORT_AGENT = "support_agent"
    FINANCE = "finance"
    MARKETING = "marketing"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()
