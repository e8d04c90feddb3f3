"""What a browser may submit to import customers."""

from flask_wtf.file import FileField, FileRequired

from portal.web.forms import PortalForm


class UploadForm(PortalForm):
    file = FileField(
        "CSV file",
        [FileRequired("Choose a file.")],
        description="At most 1 MB. Nothing is changed before you have seen what it would do.",
        render_kw={"accept": ".csv,text/csv,text/plain"},
    )
