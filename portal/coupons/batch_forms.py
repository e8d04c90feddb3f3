"""What a browser may submit to make many codes at once."""

from typing import Any

from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.core.once import new_once
from portal.coupons.forms import BEFORE_PRICES, AudienceForm
from portal.coupons.generating import MOST_CODES
from portal.coupons.term_fields import NUMERIC, OFF

HOW_MANY = f"Use a whole number from 1 to {MOST_CODES:,}."


class BatchForm(AudienceForm):
    """How many, how they begin, and what each of them says."""

    leading = ("count", "prefix", *BEFORE_PRICES)
    code = None
    """Drawn, not typed."""
    once = HiddenField(default=new_once)
    count = IntegerField(
        "How many codes",
        [InputRequired(HOW_MANY), NumberRange(1, MOST_CODES, HOW_MANY)],
        description=f"Up to {MOST_CODES:,}.",
        render_kw=NUMERIC,
    )
    prefix = StringField(
        "They begin with",
        [Length(max=20, message="Use up to 20 letters, digits and dashes between them.")],
        description="Such as FAIR, for FAIR-7KQ2M-WXH4P. Empty: nothing.",
        render_kw={**OFF, "autocapitalize": "characters"},
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.max_redemptions.label.text = "Uses of each code"
