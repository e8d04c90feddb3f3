"""What the JSON routes of the second factor take."""

import json
from typing import Any, Literal

from pydantic import BaseModel, Field

LONGEST_TYPED = 200


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


class CredentialBody(BaseModel):
    """What `PublicKeyCredential.toJSON()` gives, as it is."""

    credential: dict[str, Any]

    def text(self) -> str:
        return json.dumps(self.credential)


class NewPasskeyBody(CredentialBody):
    """The same of a new passkey, and what its owner calls it."""

    label: str = Field(max_length=LONGEST_TYPED, examples=["Work laptop"])


class LabelBody(BaseModel):
    """What its owner calls it."""

    label: str = Field(max_length=LONGEST_TYPED, examples=["Work laptop"])


class PasskeyPath(BaseModel):
    """One of the person's own."""

    passkey_id: int
