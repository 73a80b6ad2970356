"""Widgets that choose: models, layers, and photos of the browser's machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.notebook.backbone_object import backbone
from diamond_cutter.precompute.backbones.catalogue import catalogue

ROWS = 12
"""Lines of a list that are seen at once."""


def choose_models(*, value: tuple[str, ...] = (), all_models: bool = False) -> Any:
    """A list to choose backbones from; its `value` is a tuple of names.

    Those whose weights are here, or all: Keras downloads the others'. The ipywidgets widget may be
    displayed, and read in the next cell.
    """
    described = [catalogue.describe(name) for name in catalogue.names()]
    options = [(_told(model.name, here=here), model.name) for model, here in described]
    here_too = [each for each, (_, here) in zip(options, described, strict=True) if here]
    return _list("Models", options if all_models else here_too, value)


def choose_layers(models: str | Sequence[str], *, value: tuple[str, ...] = ()) -> Any:
    """A list to choose cuts of a backbone, or of several, from; its `value` is a tuple of names."""
    names = [models] if isinstance(models, str) else models
    cuts = dict.fromkeys(cut for name in names for cut in backbone(name).cuts)
    return _list("Cuts", [(cut, cut) for cut in cuts], value)


def upload_photos(folder: str = "photos") -> Any:
    """A button that takes photos or an archive from the browser's machine into `folder`.

    `uploaded_photos` says what to name as a dataset then. Names that lead elsewhere are cut off.
    """
    widget = _widgets().FileUpload(multiple=True, description="Photos")
    target = Path(folder)

    def store(_change: object) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files_of(widget.value):
            (target / Path(name).name).write_bytes(content)

    widget.observe(store, names="value")
    return widget


def uploaded_photos(folder: str = "photos") -> str:
    """What was uploaded into a folder, as a dataset: a file where it is the only one, or all."""
    found = [path for path in Path(folder).glob("*") if not path.name.startswith(".")]
    return str(found[0]) if len(found) == 1 and found[0].is_file() else folder


def files_of(value: Any) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what ipywidgets has uploaded: 8 has a tuple, 7, as in Colab, a dict."""
    if isinstance(value, dict):
        return ((name, each["content"]) for name, each in value.items())
    return ((each["name"], each["content"]) for each in value)


def _list(title: str, options: list[tuple[str, str]], value: tuple[str, ...]) -> Any:
    return _widgets().SelectMultiple(
        options=options, value=value, rows=min(ROWS, len(options)), description=title
    )


def _told(name: str, *, here: bool) -> str:
    return name if here else f"{name} (to download)"


def _widgets() -> Any:
    try:
        import ipywidgets
    except ImportError as error:
        raise UserError(
            "widgets need ipywidgets, which is not installed; "
            "`pip install 'diamond-cutter[notebook]'`"
        ) from error
    return ipywidgets
