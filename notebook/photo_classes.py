"""What photos are taken for: by a study, an exported file, or networks by their own classes."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from diamond_cutter.command.configuration import load_study
from diamond_cutter.notebook.data_frame import frame, import_pandas
from diamond_cutter.notebook.python_call import parse_call, run_command, stopped_in_a_line

if TYPE_CHECKING:
    from pandas import DataFrame


def network_answers(name: str, *, config: str | None = None, **settings: object) -> "DataFrame":
    """What networks take photos for by their own classes, as `diamond study --head own`.

    A row a photo and backbone: path, model, class, logit. Raises `UserError` as the command does.
    """
    from diamond_cutter.precompute.stores.attribution.attribution_reader import network_document
    from diamond_cutter.precompute.study.network_result import explain_networks

    options = load_study(
        name, parse_call("study", name, config=config, **{**settings, "head": "own"})
    )
    with stopped_in_a_line():
        result = explain_networks(name, options)
    seen = network_document(result.address, name)["photos"]
    return frame(
        {"path": row["path"], "model": model, "class": found[0][0], "logit": found[0][1]}
        for row in seen
        for model, found in row["classes"].items()
    )


def predict(
    classifier: str, photos: str, *, config: str | None = None, **settings: object
) -> "DataFrame":
    """The classes of new photos, as `diamond predict` writes them, a row a photo.

    `classifier`: what `Study.export` wrote, the name of a study, or the file of a network; photos:
    a photo, a folder, an archive or any address; `settings`: the command's options. Raises
    `UserError` as the command does.
    """
    pandas = import_pandas()  # before the work
    with TemporaryDirectory() as folder:
        table = Path(folder) / "predictions.csv"
        run_command("predict", classifier, photos, output=table, config=config, **settings)
        return pandas.read_csv(table)
