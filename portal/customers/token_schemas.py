"""What the API takes and gives about tokens."""

from pydantic import BaseModel, Field

from portal.web.openapi import example

A_MONTH = 30 * 24 * 3600


class MintBody(BaseModel):
    """A user token's life in seconds, an hour unless it says otherwise."""

    expires_in: int = Field(default=3600, ge=60, le=A_MONTH, strict=True)

    model_config = example({"expires_in": 3600})


class MintedToken(BaseModel):
    """The token is told this once."""

    token: str
    expires_at: str

    model_config = example(
        {"token": "bop_4f9sXk2L_" + "0" * 49, "expires_at": "2026-11-23T15:00:00Z"}
    )
