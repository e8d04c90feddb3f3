"""What a customer may say about a solution."""

from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, Optional

from portal.support.ratings import LONGEST_COMMENT, SCORES
from portal.web.forms import PortalForm


class RatingForm(PortalForm):
    """One of three, and words for it."""

    score = RadioField(
        "How did we do?",
        choices=[SelectChoice(str(score), label) for score, label in SCORES.items()],
        validators=[InputRequired("Choose one of the three.")],
    )
    comment = TextAreaField(
        "Anything that you would like to add?",
        validators=[Optional(), Length(max=LONGEST_COMMENT)],
        render_kw={"rows": 4, "maxlength": LONGEST_COMMENT},
    )
