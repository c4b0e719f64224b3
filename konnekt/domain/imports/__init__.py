"""The files of a back office: read, checked, warned about, written (docs/imports.md is law).

`import_folder` and `import_files` write all or nothing; what they found is a Report.
"""

from konnekt.domain.imports.grids import FileGrid
from konnekt.domain.imports.import_set import FILES, import_files, import_folder
from konnekt.domain.imports.report import Problem, Report, RowOutcome

__all__ = [
    "FILES",
    "FileGrid",
    "Problem",
    "Report",
    "RowOutcome",
    "bank_statements",
    "import_files",
    "import_folder",
    "kinds",
    "payment_file",
    "report",
    "uploads",
]
