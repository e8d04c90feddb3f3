"""What a browser may submit about saved views."""

from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from portal.support.filter_language import LONGEST
from portal.support.views import LONGEST_NAME
from portal.web.forms import PortalForm


class ViewForm(PortalForm):
    """A filter and its name."""

    name = StringField(
        "Name",
        [InputRequired("Write what this view is called."), Length(max=LONGEST_NAME)],
    )
    q = StringField(
        "Filter",
        [InputRequired("Write what the view shows, such as tag:vip status:open.")],
        description="As in the field above every queue.",
        render_kw={"maxlength": str(LONGEST), "spellcheck": "false", "autocomplete": "off"},
    )
    is_shared = BooleanField(
        "Everybody sees it", description="Else it is yours alone. This cannot be changed later."
    )

    def offer(self, *, may_share: bool) -> "ViewForm":
        """Only whoever manages the desk decides for everybody."""
        if not may_share:
            del self.is_shared
        return self

    @property
    def wants_shared(self) -> bool:
        return "is_shared" in self._fields and bool(self.is_shared.data)
