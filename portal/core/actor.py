"""Who acts: the first argument of every deed."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.permissions import Permission


class ActorType(StrEnum):
    """The kinds of actor that the ledger knows."""

    ADMIN = "admin"
    SYSTEM = "system"
    API_TOKEN = "api_token"  # noqa: S105 - the name of a kind
    CUSTOMER = "customer"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a deed. `label` is copied into the ledger and outlives the person's row."""

    type: ActorType
    id: int | None
    label: str
    role: str | None = None
    permissions: frozenset[Permission] = frozenset()

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


SYSTEM = Actor(ActorType.SYSTEM, None, "system")
ANONYMOUS = Actor(ActorType.ANONYMOUS, None, "anonymous")
