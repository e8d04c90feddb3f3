"""What a browser may submit while it signs in or proves itself again."""

from typing import Self

from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal.staff.current import SignedInStaff
from portal.staff.passwords import LONGEST
from portal.web.forms import PortalForm

LONGEST_ADDRESS = 320
LONGEST_CODE = 64
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
BACKUP_CODE = {"autocomplete": "off", "autocapitalize": "characters", "autofocus": True}


class SignInForm(PortalForm):
    email = StringField(
        "E-mail",
        [InputRequired("Enter your e-mail address."), Length(max=LONGEST_ADDRESS)],
        render_kw={"type": "email", "autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


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
    sudo_with = HiddenField()

    method = "password"

    @classmethod
    def for_person(cls, staff: SignedInStaff) -> Self:
        form = cls()
        if staff.is_second_factor_on:
            wants_backup = form.sudo_with.data == "backup" or form.sudo_backup_code.data
            form.method = "backup" if wants_backup else "totp"
        return form

    @classmethod
    def field_names(cls) -> frozenset[str]:
        return frozenset({"sudo_totp_code", "sudo_backup_code", "sudo_password", "sudo_with"})

    def shown(self) -> Field:
        fields = {"totp": self.sudo_totp_code, "backup": self.sudo_backup_code}
        return fields.get(self.method, self.sudo_password)

    def proof(self) -> tuple[str, str] | None:
        """Method and code, when one was sent."""
        code = self.shown().data
        limit = LONGEST + 1 if self.method == "password" else LONGEST_CODE
        return (self.method, str(code)[:limit]) if code else None
