"""What a browser may submit while it signs in or proves itself again."""

from collections.abc import Sequence
from typing import Self

from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal.config import settings
from portal.staff.current import SignedInStaff
from portal.staff.identity import LONGEST_TYPED
from portal.staff.passwords import LONGEST
from portal.staff.second_factor import LONGEST_CODE, Way, ways_of
from portal.web.forms import PortalForm

LONGEST_ANSWER = 16_384  # what a browser says for a passkey
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
BACKUP_CODE = {"autocomplete": "off", "autocapitalize": "characters", "autofocus": True}


class SignInForm(PortalForm):
    email = StringField(
        "E-mail",
        [InputRequired("Enter your e-mail address."), Length(max=LONGEST_TYPED)],
        render_kw={"type": "email", "autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()

    @property
    def offers_passkeys(self) -> bool:
        """Could any browser bind one to this portal?"""
        return settings().passkey_host is not None


class PasskeyForm(PortalForm):
    """What the browser signed; `static/js/passkeys.js` fills it in."""

    method = "passkey"
    credential = HiddenField(
        "Passkey", [InputRequired("No passkey answered."), Length(max=LONGEST_ANSWER)]
    )
    next = HiddenField()

    def code(self) -> str:
        return str(self.credential.data)

    def shown(self) -> Field:
        return self.credential


class TotpForm(PortalForm):
    method = "totp"
    totp_code = StringField(
        "Code",
        [InputRequired("Enter the code."), Length(max=LONGEST_CODE)],
        description="The six digits that your authenticator app shows now.",
        render_kw=CODE,
    )
    next = HiddenField()

    def code(self) -> str:
        return str(self.totp_code.data)

    def shown(self) -> Field:
        return self.totp_code


class BackupForm(PortalForm):
    method = "backup"
    backup_code = StringField(
        "Backup code",
        [InputRequired("Enter a backup code."), Length(max=LONGEST_CODE)],
        description="One of the ten you saved, such as XXXX-XXXX-XXXX-XXXX. Each works once.",
        render_kw=BACKUP_CODE,
    )
    next = HiddenField()

    def code(self) -> str:
        return str(self.backup_code.data)

    def shown(self) -> Field:
        return self.backup_code


class SudoForm(PortalForm):
    """The proof that the person owes: `method` says which of its fields the page shows."""

    sudo_totp_code = StringField(
        "Code",
        description="The six digits that your authenticator app shows now.",
        render_kw=CODE,
    )
    sudo_backup_code = StringField(
        "Backup code", description="One that you have not used yet.", render_kw=BACKUP_CODE
    )
    sudo_password = PasswordField(
        "Password", render_kw={"autocomplete": "current-password", "autofocus": True}
    )
    sudo_passkey = HiddenField("Passkey")
    sudo_with = HiddenField()

    method = "password"
    ways: Sequence[Way] = ()
    """What the person may prove instead of the password, the one to offer first first."""

    @classmethod
    def for_person(cls, staff: SignedInStaff) -> Self:
        form = cls()
        if staff.is_second_factor_on:
            form.ways = ways_of(staff.id)
            form.method = form._chosen()
        return form

    @classmethod
    def field_names(cls) -> frozenset[str]:
        codes = {"sudo_totp_code", "sudo_backup_code", "sudo_passkey"}
        return frozenset({*codes, "sudo_password", "sudo_with"})

    def _chosen(self) -> str:
        """What was sent, else what was asked for, else what is offered first."""
        sent = [method for method, field in self._fields_by_method().items() if field.data]
        wanted = [*sent, self.sudo_with.data]
        known = {way.method for way in self.ways}
        return next((method for method in wanted if method in known), self.ways[0].method)

    def _fields_by_method(self) -> dict[str, Field]:
        return {
            "passkey": self.sudo_passkey,
            "totp": self.sudo_totp_code,
            "backup": self.sudo_backup_code,
        }

    def shown(self) -> Field:
        return self._fields_by_method().get(self.method, self.sudo_password)

    def proof(self) -> tuple[str, str] | None:
        """Method and code, when one was sent."""
        code = self.shown().data
        limits = {"password": LONGEST + 1, "passkey": LONGEST_ANSWER}
        limit = limits.get(self.method, LONGEST_CODE)
        return (self.method, str(code)[:limit]) if code else None
