"""What the JSON routes of the second factor take and give."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from portal.staff.second_factor import LONGEST_CODE

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

    backup_code: str = Field(max_length=LONGEST_CODE, examples=["7K2M-9QWX-4RTV-0HJZ"])


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


class Means(BaseModel):
    """One way to prove oneself."""

    type: Literal["totp", "passkey"]
    label: str
    created_at: datetime | None
    last_used_at: datetime | None


class CodesLeft(BaseModel):
    """Backup codes; never the codes themselves."""

    total: int
    remaining: int
    generated_at: datetime | None
    expires_at: datetime | None


class FactorStatus(BaseModel):
    """While signing in, only the first two."""

    enabled: bool
    required: bool
    grace_until: datetime | None = None
    methods: list[Means] = []
    backup_codes: CodesLeft | None = None


class PendingKey(BaseModel):
    """Shown once; `qr` is a picture as a data URL."""

    secret: str
    otpauth_uri: str
    qr: str
    expires_at: datetime


class Renewed(BaseModel):
    """In a renewed session: its form token is new too."""

    csrf_token: str | None = None


class Verified(Renewed):
    """Of an enrolment `enabled` and the codes; of a second step `next` and `redirect`.

    Where no backup code is left, the second step says so: `backup_codes_remaining` is 0.
    """

    enabled: bool | None = None
    backup_codes: list[str] = []
    backup_codes_remaining: int | None = None
    next: Literal["done"] | None = None
    redirect: str | None = None


class SwitchedOff(Renewed):
    enabled: Literal[False]


class CodeUsed(Renewed):
    """Of a second step `next`, `redirect` and the number of codes under both its names."""

    remaining: int | None = None
    backup_codes_remaining: int | None = None
    next: Literal["done"] | None = None
    redirect: str | None = None


class NewCodes(BaseModel):
    """Shown this once."""

    codes: list[str]


class PasskeyShape(BaseModel):
    id: int
    label: str
    is_discoverable: bool
    is_backed_up: bool
    transports: list[str]
    created_at: datetime
    last_used_at: datetime | None
    disabled_at: datetime | None


class PasskeysShape(BaseModel):
    items: list[PasskeyShape]


class PasskeyMade(Renewed):
    """With the first factor come backup codes, shown this once."""

    passkey: PasskeyShape
    backup_codes: list[str] = []


class PasskeyGone(Renewed):
    next: Literal["enrol", "done"]


class PasskeyProven(Renewed):
    """The second step of signing in says `next`, a proof for something dangerous `sudo_until`."""

    next: Literal["done"] | None = None
    sudo_until: datetime | None = None


class CeremonyOptions(BaseModel):
    """What the browser's `navigator.credentials` takes (WebAuthn 3, 5.4 and 5.5)."""

    model_config = ConfigDict(extra="allow")

    challenge: str
