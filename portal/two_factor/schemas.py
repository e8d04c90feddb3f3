"""What the JSON routes of the second factor take."""

from typing import Literal

from pydantic import BaseModel, Field


class EnableBody(BaseModel):
    """Which factor to set up."""

    method: Literal["totp"] = Field(examples=["totp"])


class TotpBody(BaseModel):
    """A code of the authenticator app."""

    totp_code: str = Field(max_length=40, examples=["123456"])


class OptionalTotpBody(BaseModel):
    """A code, unless the second factor was proven within ten minutes."""

    totp_code: str | None = Field(default=None, max_length=40, examples=["123456"])


class BackupBody(BaseModel):
    """A backup code."""

    backup_code: str = Field(max_length=64, examples=["7K2M-9QWX-4RTV-0HJZ"])
