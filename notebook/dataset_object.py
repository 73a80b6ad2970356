"""What the dataset reader makes of photos, in Python."""

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING

from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.data_frame import frame
from diamond_cutter.notebook.python_call import parse_call, stopped_in_a_line
from diamond_cutter.precompute.photos.report_text import summarize
from diamond_cutter.precompute.stores.study.dataset_report import Report

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class DatasetCheck:
    """What is taken of a dataset, what is left out, and why."""

    _report: Report

    @property
    def classes(self) -> dict[str, int]:
        """Photos by class."""
        return self._report.classes

    @property
    def problem(self) -> str:
        """Why no study can be made of it; empty if one can."""
        return self._report.problem

    @property
    def files(self) -> "DataFrame":
        """A row a file: path, outcome, reason, label, width, height and more."""
        return frame(asdict(file) for file in self._report.files)

    def __repr__(self) -> str:
        """The report, in lines."""
        return "\n".join(filter(None, (summarize(self._report), self.problem)))

    def _repr_html_(self) -> str:
        return display_html.block(f"<pre>{escape(str(self))}</pre>")


def check_data(
    path: str | None = None,
    *,
    study: str | None = None,
    config: str | None = None,
    **settings: object,
) -> DatasetCheck:
    """Check photos as `diamond check-data` does: a folder, an archive, a CSV or any address.

    `study`: as its option --for, in place of a path; `settings`: its others, such as labels,
    groups, cache. Raises `UserError` where nothing can be read.
    """
    from diamond_cutter.precompute.commands.check_data_command import check

    where = [] if path is None else [path]
    options = parse_call("check-data", *where, config=config, **{"for": study}, **settings)
    with stopped_in_a_line():
        return DatasetCheck(check(options))
