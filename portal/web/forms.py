"""The base of every form: Flask-WTF, with text that is clean before it is checked."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import HiddenField, PasswordField, StringField
from wtforms.fields.core import UnboundField

from portal.core.errors import DomainError
from portal.core.staleness import Stale
from portal.core.text import is_blank, nfc
from portal.web.access import roll_back


def clean_text(value: str | None) -> str | None:
    """NFC, without surrounding space or NUL; empty where nothing in it can be seen. Never applied
    to passwords.
    """
    if value is None:
        return None
    found = nfc(value).replace("\x00", "").strip()
    return "" if is_blank(found) else found


def attributes(**given: Any) -> Markup:
    """As WTForms' own `html_params`, without one formatter an attribute (docs/benchmarks.md)."""
    parts = []
    for key, value in sorted(given.items()):
        name = key.rstrip("_")
        if name.startswith(("data_", "aria_")):
            name = name.replace("_", "-")
        if value is True:
            parts.append(name)
        elif value is not False:
            quoted = str(escape(value)).replace('"', "&quot;")
            parts.append(f'{escape(name)}="{quoted}"')
    return Markup(" ".join(parts))  # noqa: S704 - every value is escaped above


def is_finding(sent: Mapping[str, str], *, is_ready: bool) -> bool:
    """Is a form sent to find somebody for it, by its button or by Enter in the search?

    A browser does not say where Enter was pressed. While a search `q` stands there, it finds until
    the form `is_ready`: one of those that it finds is chosen, and what matters is filled in.
    """
    is_entered = "enter" in sent and bool(sent.get("q", "").strip())
    return "find" in sent or (is_entered and not is_ready)


class PortalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """A form whose text fields are cleaned and whose deeds may refuse."""

    is_replacing = False
    """Somebody saved it meanwhile, and was told so: sent once more, it replaces theirs."""
    present_url: str | None = None
    """Where one may look at what stands now; the address that it was sent to unless it is said."""
    stamp: str | None = None
    """The hidden field that says what its reader saw: nobody's change is lost."""
    shows_present = False
    """Its page says beside it what stands now, so nobody has to look elsewhere."""
    leading: tuple[str, ...] = ()
    """Fields that the page shows before those that the class inherits: what is wrong with a form is
    listed in the order of its page.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        # `access.guard` has checked the token before any view runs; the form only draws it.
        def bind_field(self, form: Any, unbound_field: "UnboundField[Any]", options: Any) -> Any:
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                options.setdefault("filters", (clean_text,))
            if options["name"] == self.csrf_field_name:  # has one name in all forms of a page
                options |= {"id": options["prefix"] + options["name"], "prefix": ""}
            return unbound_field.bind(form=form, **options)

        def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
            field.widget.html_params = attributes
            return super().render_field(field, render_kw)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for name in reversed(self.leading):
            self._fields.move_to_end(name, last=False)

    def process(self, *args: Any, **values: Any) -> None:
        """What was cleaned to nothing counts as left out: `InputRequired` asks what was sent."""
        super().process(*args, **values)
        for field in self:
            if isinstance(field, StringField) and field.raw_data and field.data == "":
                field.raw_data = [""]

    def refusing(self) -> "Refusing":
        """Run a deed; when it refuses, roll back and show its reason on the form."""
        return Refusing(self)

    def add_refusal(self, error: DomainError) -> None:
        """Show a refusal at the field it is about, or above the form.

        Whoever is told of a change meanwhile has seen it when they send the form once more.
        """
        if self.stamp and isinstance(error, Stale) and error.present is not None:
            self.is_replacing = True
            stamp = self._fields[self.stamp]
            stamp.data, stamp.raw_data = error.present, None
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]


class VersionedForm(PortalForm):
    """A form that says from which version of its row it was drawn."""

    version = HiddenField()
    stamp = "version"

    def expected_version(self) -> int:
        """0, which no row is at, when it was tampered with."""
        text = str(self.version.data)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class SeenForm(PortalForm):
    """A form that carries the fingerprint of what its reader saw."""

    seen = HiddenField()
    stamp = "seen"


class Refusing:
    """Turns a refusal inside its block into an error of the form, and goes on after it."""

    def __init__(self, form: PortalForm) -> None:
        self.form = form

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, DomainError) or hasattr(error, "retry_after"):
            return False  # to wait is nothing that another value in a field would mend
        roll_back(error)
        self.form.add_refusal(error)
        return True
