"""A network of one's own that is a graph: Lucid's kinds of file, and SavedModels."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.formats.allowed_operations import check_saved_model
from diamond_cutter.precompute.backbones.formats.frozen_backbone import frozen_backbone
from diamond_cutter.precompute.backbones.formats.integer_input import take_floats
from diamond_cutter.precompute.backbones.formats.keras_file_config import (
    USUAL_SIZE,
    manifest_beside,
)
from diamond_cutter.precompute.backbones.formats.lucid_file import (
    LucidNote,
    find_note,
    read_frozen,
    read_manifest,
)
from diamond_cutter.precompute.backbones.graph.preprocessing import KNOWN, UnknownRangeError
from diamond_cutter.precompute.backbones.keras_runtime import freeze, tf
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model

if TYPE_CHECKING:
    from diamond_cutter.precompute.backbones.graph.backbone import Backbone

SIGNATURE = "serving_default"


def load_frozen(
    path: Path,
    preprocessing: str,
    info: Model,
    class_names: Callable[[int], tuple[str, ...]],
    label_count: int,
) -> "Backbone":
    """The network in a `.pb`, `.modelzoo` or manifest `.json` of Lucid's, or in a SavedModel.

    `class_names`, `label_count`: as `frozen_backbone` has them.
    Raises `UserError` for a file that holds none, and where it does not say what it takes.
    """
    if preprocessing and preprocessing not in KNOWN:
        raise UserError(
            f"[models.{info.name}] preprocessing: expected one of "
            f"{', '.join(map(repr, KNOWN))}, got {preprocessing!r}; name one"
        )
    if path.is_dir():
        definition, note, taken = _read_saved_model(path)
        preprocessing = preprocessing or taken
        if not preprocessing:
            raise UnknownRangeError(
                f"{path}: expected to know which values the network takes, which a SavedModel does "
                f"not tell; say so in [models.{info.name}]: preprocessing = one of "
                f"{', '.join(map(repr, KNOWN))}; `diamond models --source own --check PHOTO` shows "
                "the classes by each"
            )
    else:
        manifest = path if path.suffix == ".json" else manifest_beside(path)
        graph, found = (path, None) if manifest is None else read_manifest(manifest)
        definition = read_frozen(graph)
        found = found or find_note(graph, definition)
        if found is None:
            raise UserError(
                f"{path}: expected Lucid's note of what the network takes inside, found none; "
                f"save it with Lucid's Model.save, or put {path.stem}.json beside it: "
                f'{{"model_path": "{path.name}", "input_name": ..., "image_shape": [H, W, 3], '
                '"image_value_range": [0, 1]}'
            )
        note = found
    if preprocessing:
        chosen = KNOWN[preprocessing]
        high = tuple(
            a + b for a, b in zip(chosen.scale, chosen.offset * len(chosen.scale), strict=False)
        )
        note = replace(note, low=chosen.offset, high=high, is_bgr=chosen.order == (2, 1, 0))
    return frozen_backbone(path, definition, note, info, class_names, label_count)


def _read_saved_model(path: Path) -> tuple[Any, LucidNote, str]:
    """The graph of a SavedModel's signature, its variables made constants.

    With it the note, and which values it takes, as `KNOWN` has them, where its input tells.
    """
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
    if len(inputs) != 1 or not shape or shape[-1] not in (1, 3) or len(frozen.outputs) != 1:
        shapes = [each.shape.as_list() if each.shape.rank else "any" for each in inputs]
        raise UserError(
            f"{path}: expected a network from one photo (N, H, W, 3) or (N, H, W, 1) to one "
            f"answer, got inputs {shapes} and {len(frozen.outputs)} outputs; save such a one"
        )
    source = inputs[0].op.name
    definition = frozen.graph.as_graph_def()
    if inputs[0].dtype.is_integer and not take_floats(definition, source):
        raise UserError(
            f"{path}: expected numbers of {inputs[0].dtype.name} to be made floats where the "
            "network begins, got another operation; save it without what comes before"
        )
    sides = [side or USUAL_SIZE for side in shape[1:3]]
    output = frozen.outputs[0].name.partition(":")[0]
    note = LucidNote(source, (sides[0], sides[1]), (0.0,), (1.0,), output=output)
    return definition, note, "0..255" if inputs[0].dtype.is_integer else ""
