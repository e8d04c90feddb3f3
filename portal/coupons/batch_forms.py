"""What a browser may submit to make many codes at once."""

from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.core.once import new_once
from portal.coupons.forms import AudienceForm
from portal.coupons.generating import MOST_CODES
from portal.coupons.term_fields import NUMERIC, OFF, count_field

HOW_MANY = f"Use a whole number from 1 to {MOST_CODES:,}."


class BatchForm(AudienceForm):
    """How many, how they begin, and what each of them says."""

    code = None
    """Drawn, not typed."""
    once = HiddenField(default=new_once)
    count = IntegerField(
        "How many codes",
        [InputRequired(HOW_MANY), NumberRange(1, MOST_CODES, HOW_MANY)],
        description=f"Up to {MOST_CODES:,}.",
        render_kw=NUMERIC,
    )
    max_redemptions = count_field("Uses of each code", "Empty: no limit.")
    prefix = StringField(
        "They begin with",
        [Length(max=20, message="Use up to 20 letters, digits and dashes between them.")],
        description="Such as FAIR, for FAIR-7KQ2M-WXH4P. Empty: nothing.",
        render_kw={**OFF, "autocapitalize": "characters"},
    )
