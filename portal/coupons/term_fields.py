"""Fields of which the forms of coupons are made."""

from wtforms import IntegerField, SelectMultipleField, StringField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.coupons.terms import LARGEST_COUNT

OFF = {"autocomplete": "off", "spellcheck": "false"}
NUMERIC = {"inputmode": "numeric", **OFF}
DECIMAL = {"inputmode": "decimal", **OFF}


class Ticks(SelectMultipleField):
    """Several of a few: a check box each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def count_field(label: str, hint: str, most: int = LARGEST_COUNT) -> IntegerField:
    wanted = [Optional(), NumberRange(1, most, f"Use a whole number from 1 to {most:,}.")]
    return IntegerField(label, wanted, description=hint, render_kw=NUMERIC)


def price_field(label: str, hint: str = "") -> StringField:
    return StringField(label, description=hint, render_kw=DECIMAL)
