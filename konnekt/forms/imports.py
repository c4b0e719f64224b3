"""Uploading files to import."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField


class UploadForm(FlaskForm):  # type: ignore[misc]
    """One file or more: CSV, XLSX or ZIP."""

    files = MultipleFileField(_("Files"))

    @property
    def uploads(self) -> list[tuple[str, bytes]]:
        """Name and content of each file; without a choice a browser sends one without a name."""
        return [(file.filename, file.read()) for file in self.files.data or () if file and file.filename]
