"""What a browser may submit to make a token."""

from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.permissions import Permission
from portal.customers.scopes import Scope, lendable
from portal.customers.token_text import new_public_id
from portal.customers.tokens import DEFAULT_DAYS, LONGEST_NAME
from portal.web.forms import PortalForm

LIVES = [
    SelectChoice(str(days), label)
    for days, label in [
        (7, "7 days"),
        (30, "30 days"),
        (90, "90 days"),
        (180, "180 days"),
        (365, "a year"),
    ]
]
SCOPES = [SelectChoice(scope.value, f"{scope.value}: {scope.meaning}") for scope in Scope]
MOST_TEXT = 4000


class _Choices(SelectMultipleField):
    """Boxes to tick, however many."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _name() -> StringField:
    return StringField(
        "Name",
        [InputRequired("Say what it is for."), Length(max=LONGEST_NAME)],
        description="What uses it, and where: “Product, production”.",
        render_kw={"autocomplete": "off"},
    )


def _days() -> SelectField:
    return SelectField("It expires after", choices=LIVES, default=str(DEFAULT_DAYS))


def _networks() -> TextAreaField:
    return TextAreaField(
        "Networks",
        [Length(max=MOST_TEXT)],
        description="One a line, such as 192.0.2.0/24. Empty: it may be used from anywhere.",
        render_kw={"rows": 3, "autocomplete": "off", "spellcheck": "false"},
    )


class ServiceTokenForm(PortalForm):
    name = _name()
    scopes = _Choices("It may", choices=SCOPES)
    days = _days()
    networks = _networks()
    once = HiddenField(default=new_public_id)


class OwnTokenForm(PortalForm):
    name = _name()
    permissions = _Choices("It may", choices=[])
    days = _days()
    networks = _networks()
    once = HiddenField(default=new_public_id)

    def offer(self, role: str) -> "OwnTokenForm":
        """Only what somebody of this role may lend."""
        lent = lendable(role)
        self.permissions.choices = [
            SelectChoice(one.value, one.meaning) for one in Permission if one in lent
        ]
        return self
