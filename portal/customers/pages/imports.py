"""Importing a file of customers: upload, look, confirm, follow."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from portal.audit.actions import Action
from portal.core.database import db, glancing
from portal.core.permissions import Permission
from portal.customers.import_file import COLUMNS, LARGEST, ImportFile, read_file
from portal.customers.import_forms import UploadForm
from portal.customers.import_list import counts_of, imports_page, rows_of
from portal.customers.import_preview import Effect, Verdict, judge
from portal.customers.imports import discard_import as forget_preview
from portal.customers.imports import import_or_404, keep_preview
from portal.customers.imports import start_import as start
from portal.customers.models import ImportStatus
from portal.customers.pages.blueprint import bp
from portal.staff.current import current_staff
from portal.web.access import audits, requires, sudo, unaudited
from portal.web.htmx import page, page_or_fragment, see_other

COLOURS = {"create": "green", "update": "azure", "same": "secondary", "refused": "red"}


@bp.get("/customers/imports")
@requires(Permission.CUSTOMERS_IMPORT)
def imports() -> Response:
    return _imports_page(UploadForm())


@bp.post("/customers/imports")
@requires(Permission.CUSTOMERS_IMPORT)
@audits(Action.CUSTOMERS_IMPORT_PREVIEWED)
def upload_import() -> ResponseReturnValue:
    form = UploadForm()
    if form.validate_on_submit():
        with form.refusing():
            file, verdicts = _read(form.file.data)
            found = keep_preview(
                by=current_staff().actor,
                filename=form.file.data.filename or "",
                file=file,
                verdicts=verdicts,
            )
            db.session.commit()
            for note in file.notes:
                flash(note, "warning")
            return see_other(url_for("customers.import_preview", import_id=found.id))
    return _imports_page(form, 422)


def _read(upload: FileStorage) -> tuple[ImportFile, list[Verdict]]:
    file = read_file(upload.stream.read(LARGEST + 1))
    # Judging ten thousand lines takes seconds, in which others shall write.
    db.session.rollback()
    with glancing():
        verdicts = judge(file.lines)
    return file, verdicts


def _imports_page(form: UploadForm, status: int = 200) -> Response:
    listing = imports_page(cursor=request.args.get("cursor"))
    return page(
        "customers/imports.html", status=status, form=form, listing=listing, columns=COLUMNS
    )


@bp.get("/customers/imports/<int:import_id>")
@requires(Permission.CUSTOMERS_IMPORT)
def import_preview(import_id: int) -> Response:
    found, given = import_or_404(import_id), request.args.get("effect", "")
    effect = Effect(given) if given in set(Effect) else None
    return page_or_fragment(
        "customers/import_preview.html",
        "customers/_import.html",
        found=found,
        address=request.full_path.rstrip("?"),
        is_preview=found.status == ImportStatus.PREVIEWED,
        is_running=found.status == ImportStatus.RUNNING,
        counts=counts_of(import_id),
        effect=effect,
        colours=COLOURS,
        listing=rows_of(import_id, effect=effect, cursor=request.args.get("cursor")),
    )


@bp.post("/customers/imports/<int:import_id>/start")
@requires(Permission.CUSTOMERS_IMPORT)
@sudo
@audits(Action.CUSTOMERS_IMPORTED)
def start_import(import_id: int) -> ResponseReturnValue:
    start(by=current_staff().actor, import_id=import_id)
    db.session.commit()
    return see_other(url_for("customers.import_preview", import_id=import_id))


@bp.post("/customers/imports/<int:import_id>/discard")
@requires(Permission.CUSTOMERS_IMPORT)
@unaudited("a preview is thrown away; nothing of any customer changes")
def discard_import(import_id: int) -> ResponseReturnValue:
    forget_preview(import_id)
    db.session.commit()
    flash("The file was thrown away. Nothing was changed.", "success")
    return see_other(url_for("customers.imports"))
