"""What the API of tenants and users takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from portal.web.openapi import StrictBody, example
from portal.web.texts import Text

LARGEST_LIMIT = 100
LONGEST_QUERY = 200
RULE = (
    "1 to 128 printable characters, percent-encoded; no slash, not `.` or `..`, and no space at "
    "either end."
)
TENANT = {
    "id": 7,
    "external_id": "acme",
    "name": "Acme Boxes",
    "status": "active",
    "time_zone": "UTC",
    "created_at": "2026-01-05T09:00:00Z",
}
USER = {
    "id": 12,
    "external_id": "u-17",
    "name": "Uma User",
    "email": "uma@acme.example",
    "status": "active",
    "tenant_id": 7,
    "created_at": "2026-01-05T09:00:00Z",
}
TenantWord = Literal["active", "suspended", "closed"]
UserWord = Literal["active", "inactive"]


class TenantPath(BaseModel):
    """What the product calls the tenant."""

    external_id: str = Field(description=RULE)


class UserPath(TenantPath):
    """What the product calls the tenant and the user."""

    user_external_id: str = Field(description=RULE)


class TenantBody(StrictBody):
    """A tenant as the product knows it. What is left out stays as it is."""

    model_config = example(
        {"name": "Acme Boxes", "plan": "professional"},
        {"name": "Acme Boxes", "status": "suspended"},
    )

    name: str = Field(description="At most 200 characters.")
    status: TenantWord | None = None
    plan: Text | None = Field(None, description="The name of a plan, from now on.")


class UserBody(StrictBody):
    """A user as the product knows them. What is left out stays as it is."""

    model_config = example({"name": "Uma User", "email": "uma@acme.example"})

    name: str = Field(description="At most 200 characters.")
    email: str
    status: UserWord | None = None
    within_seats: bool = Field(
        False, description="Refuse one who would become active while all seats are taken."
    )


class TenantAnswer(BaseModel):
    model_config = example(TENANT)

    id: int
    external_id: str
    name: str
    status: TenantWord
    time_zone: str
    created_at: str


class UserAnswer(BaseModel):
    model_config = example(USER)

    id: int
    external_id: str
    name: str
    email: str
    status: UserWord
    tenant_id: int
    created_at: str


class _Query(BaseModel):
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=LARGEST_LIMIT)] = 50
    q: Annotated[str, Field(max_length=LONGEST_QUERY)] = Field(
        "", description="How a name begins, or a whole external id."
    )


class TenantQuery(_Query):
    status: TenantWord | None = None


class UserQuery(_Query):
    tenant: str = Field(description="The external id of the tenant: users of two never mix.")
    status: UserWord | None = None


class TenantList(BaseModel):
    model_config = example({"items": [TENANT], "next_cursor": None})

    items: list[TenantAnswer]
    next_cursor: str | None


class UserList(BaseModel):
    model_config = example({"items": [USER], "next_cursor": None})

    items: list[UserAnswer]
    next_cursor: str | None
