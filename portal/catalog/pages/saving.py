"""Saving what a form says: only once its effect was seen, and never over somebody's change."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from flask import Response, request, url_for
from markupsafe import Markup
from wtforms import Field, RadioField, SelectField

from portal.catalog.effects import effect_of, mark_of, must_be_seen
from portal.catalog.forms import SavedOnceSeen
from portal.catalog.models import FeatureRow, PlanTemplate
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Catalog
from portal.core.database import db, looking
from portal.core.errors import DomainError
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.staff.current import current_staff
from portal.web.htmx import page


class Saving:
    """Inside, a refusal becomes an error of the form, and its status that of the answer."""

    def __init__(self, form: SavedOnceSeen) -> None:
        self.form = form
        self.effect: Markup | None = None
        self.is_stale = False
        self._status: int | None = None

    @property
    def status(self) -> int:
        if self._status is not None:
            return self._status
        return 422 if self.form.errors else 200

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, DomainError):
            return False
        db.session.rollback()
        self.form.add_refusal(error)
        self.is_stale = isinstance(error, Stale)
        self._status = error.status
        return True

    def is_seen(self, draft: Callable[[Catalog], Catalog]) -> bool:
        """May it be saved now? If not, `effect` is what to show first.

        Counting customers may take a while, so nothing is locked meanwhile.
        """
        db.session.rollback()
        with looking():
            now = catalog_now()
            proposed = draft(now)
            mark = mark_of(now, proposed)
            is_known = self.form.previewed.data == mark or not must_be_seen(now, proposed)
            if not is_known or request.form.get("step") == "preview":
                self.form.previewed.data = mark
                self.effect = effect_of(now, proposed)
        db.session.rollback()  # gives the connection back that only reads
        return self.effect is None

    def differences(self, present: dict[str, Any]) -> list[tuple[str, Any]]:
        """What stands now where it is not what was typed; saving again is then meant."""
        if not self.is_stale:
            return []
        fresh = type(self.form)(None, data=present)
        names = [name for name in present if name in self.form and name != "version"]
        self.form.version.data = present["version"]
        return [
            (self.form[name].label.text, _shown(fresh[name]))
            for name in names
            if (fresh[name].data or None) != (self.form[name].data or None)
        ]


def may_manage() -> bool:
    return current_staff().actor.may(Permission.CATALOG_MANAGE)


def refuse_stale(form: SavedOnceSeen, row: FeatureRow | PlanTemplate) -> None:
    """Before its effect is counted; the deed looks again, under its lock.

    Raises:
        Stale: the form shows an older version of it.
    """
    if form.expected_version() != row.version:
        raise Stale(f"{row.display_name} was changed meanwhile. Compare, then save again.")


def form_page(
    form: SavedOnceSeen,
    saving: Saving,
    trail: tuple[str, str],
    title: str,
    there: str,
    differences: list[tuple[str, Any]] | None = None,
) -> Response:
    """`trail`: the endpoint and the name of the list that it belongs to."""
    endpoint, name = trail
    return page(
        "catalog/edit.html",
        status=saving.status,
        form=form,
        title=title,
        trail=[(url_for(endpoint), name)],
        there=there,
        effect=saving.effect,
        differences=differences or [],
    )


def _shown(field: Field) -> str:
    if isinstance(field.data, bool):
        return "yes" if field.data else "no"
    if isinstance(field, (SelectField, RadioField)):
        chosen = (label for value, label, *_ in field.iter_choices() if value == field.data)
        return str(next(chosen, field.data))
    return str(field.data) if field.data not in {None, ""} else "empty"
