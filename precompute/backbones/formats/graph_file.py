"""A network of one's own that is a graph: Lucid's kinds of file, and SavedModels."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.allowed_operations import check_saved_model
from diamond_cutter.precompute.backbones.formats.frozen_backbone import frozen_backbone
from diamond_cutter.precompute.backbones.formats.keras_file_config import USUAL_SIZE
from diamond_cutter.precompute.backbones.formats.lucid_file import (
    LucidNote,
    find_note,
    read_frozen,
    read_manifest,
)
from diamond_cutter.precompute.backbones.graph.preprocessing import KNOWN
from diamond_cutter.precompute.backbones.keras_runtime import freeze, tf
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

SIGNATURE = "serving_default"


def load_frozen(
    path: Path, preprocessing: str, info: Model, class_names: Callable[[int], tuple[str, ...]]
) -> "Backbone":
    """The network in a `.pb`, `.modelzoo` or manifest `.json` of Lucid's, or in a SavedModel.

    Raises `UserError` for a file that holds none, and where it does not say what it takes.
    """
    if preprocessing and preprocessing not in KNOWN:
        raise UserError(
            f"[models.{info.name}] preprocessing: expected one of "
            f"{', '.join(map(repr, KNOWN))}, got {preprocessing!r}; name one"
        )
    if path.is_dir():
        definition, note = _read_saved_model(path)
        if not preprocessing:
            raise UserError(
                f"{path}: expected to know which values the network takes, which a SavedModel does "
                f"not tell; say so in [models.{info.name}]: preprocessing = one of "
                f"{', '.join(map(repr, KNOWN))}"
            )
    else:
        graph, found = read_manifest(path) if path.suffix == ".json" else (path, None)
        definition = read_frozen(graph)
        found = found or find_note(graph, definition)
        if found is None:
            raise UserError(
                f"{path}: expected Lucid's note of what the network takes inside, found none; "
                "save it with Lucid's Model.save, or put a manifest .json beside it"
            )
        note = found
    if preprocessing:
        chosen = KNOWN[preprocessing]
        high = tuple(
            a + b for a, b in zip(chosen.scale, chosen.offset * len(chosen.scale), strict=False)
        )
        note = replace(note, low=chosen.offset, high=high, is_bgr=chosen.order == (2, 1, 0))
    return frozen_backbone(path, definition, note, info, class_names)


def _read_saved_model(path: Path) -> tuple[Any, LucidNote]:
    """The graph of a SavedModel's signature, its variables made constants."""
    try:
        check_saved_model(path)
        loaded = tf.saved_model.load(str(path))
    except UserError:
        raise
    except Exception as error:  # TensorFlow raises what it meets
        text = " ".join(str(error).split())[:160]
        raise UserError(
            f"{path}: expected the folder of a SavedModel, got {type(error).__name__}: {text}; "
            "save it anew with `model.export`"
        ) from error
    signature = loaded.signatures.get(SIGNATURE)
    if signature is None:
        raise UserError(
            f"{path}: expected a SavedModel with the signature {SIGNATURE!r}, got "
            f"{list(loaded.signatures) or 'none'}; save it anew with `model.export`"
        )
    frozen = freeze(signature)
    inputs = [each for each in frozen.inputs if each.dtype != tf.resource]
    shape = inputs[0].shape.as_list() if inputs and inputs[0].shape.rank == 4 else []
    if len(inputs) != 1 or not shape or shape[-1] != 3 or len(frozen.outputs) != 1:
        raise UserError(
            f"{path}: expected a network from one photo (N, H, W, 3) to one answer, got "
            f"{len(inputs)} inputs and {len(frozen.outputs)} outputs; save such a one"
        )
    size = next((side for side in shape[1:3] if side), USUAL_SIZE)
    output = frozen.outputs[0].name.partition(":")[0]
    note = LucidNote(inputs[0].op.name, size, (0.0,), (1.0,), output=output)
    return frozen.graph.as_graph_def(), note
