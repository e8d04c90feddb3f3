"""What the sign-in API takes and gives."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.staff.identity import LONGEST_TYPED
from portal.staff.second_factor import LONGEST_CODE

LONGEST_PASSWORD = 1024


class Body(BaseModel):
    """A body whose values are of their own type: no number passes for a text."""

    model_config = ConfigDict(strict=True)


class LoginBody(Body):
    email: str = Field(max_length=LONGEST_TYPED)
    password: str = Field(max_length=LONGEST_PASSWORD)


class StepBody(Body):
    """One kind of code, not both."""

    totp_code: str | None = Field(None, max_length=LONGEST_CODE)
    backup_code: str | None = Field(None, max_length=LONGEST_CODE)

    @model_validator(mode="after")
    def check_one(self) -> Self:
        if (self.totp_code is None) == (self.backup_code is None):
            raise ValueError("Send totp_code or backup_code.")
        return self

    def proof(self) -> tuple[str, str]:
        if self.totp_code is not None:
            return "totp", self.totp_code
        return "backup", str(self.backup_code)


class SudoBody(Body):
    """A code, or the password of somebody who has no second factor."""

    totp_code: str | None = Field(None, max_length=LONGEST_CODE)
    backup_code: str | None = Field(None, max_length=LONGEST_CODE)
    password: str | None = Field(None, max_length=LONGEST_PASSWORD)

    @model_validator(mode="after")
    def check_one(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError("Send totp_code, backup_code or password.")
        return self

    def proof(self) -> tuple[str, str]:
        return self._given()[0]

    def _given(self) -> list[tuple[str, str]]:
        found = (
            ("totp", self.totp_code),
            ("backup", self.backup_code),
            ("password", self.password),
        )
        return [(method, code) for method, code in found if code is not None]


class FormToken(BaseModel):
    csrf_token: str


class SignedIn(BaseModel):
    """`next` is what the session still owes; the form token belongs to the new session.

    After a backup code, and with any code once none is left, `backup_codes_remaining` says how
    many there are: with 0 it is time to make new ones.
    """

    next: Literal["second_factor", "enrol", "done"]
    csrf_token: str
    backup_codes_remaining: int | None = None


class Proven(BaseModel):
    """The window is open, in a renewed session: its form token is new too."""

    csrf_token: str
    sudo_until: datetime
