"""Words of one's own: a list of them for a CLIP, or names with embeddings and an encoder of photos.

`words.txt` has a word, or a few, in each line; a CLIP of Keras Hub tells how well they fit photos.
Or `words.npz` holds `names` (K,) text and `embeddings` (K, D) float32, of these names by a text
encoder; `words.onnx` beside it is the image encoder of the same kind (CLIP, SigLIP): it takes
(N, 3, S, S) float32 and gives (N, D). `mean` and `deviation`, (3,) of RGB 0..1, are taken off
and divided by before; left out, they are those of CLIP (Radford et al. 2021,
https://arxiv.org/abs/2103.00020).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.words.keras_hub_clip import clip_digest, clip_logits
from diamond_cutter.precompute.backbones.catalogue.weights_files import file_digest
from diamond_cutter.precompute.backbones.formats.photo_input import prepare

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)

SCALE = 100.0
"""What cosines are multiplied by before the softmax, as CLIP has learned it."""

_SIDE = 224
"""Of the photos where the encoder takes any."""


@dataclass(frozen=True)
class WordFile:
    """A file of words and who fits them to photos, with what tells both from others.

    encoder: the path of an ONNX file, or of a .txt the CLIP, as `clip` names it.
    """

    words: Path
    encoder: str
    digest: str

    @property
    def name(self) -> str:
        """What it is called, no path."""
        return self.words.name


def check_words(setting: str, clip: str) -> WordFile | None:
    """The file of words that a setting names; None where it is empty. clip: of a .txt.

    Raises `UserError` for one that is not there, or not what is expected.
    """
    if not setting:
        return None
    words = Path(setting).expanduser()
    encoder = words.with_suffix(".onnx")
    if words.suffix not in (".npz", ".txt") or not words.is_file():
        expected = "a file .txt of words, one a line, or .npz of names and embeddings"
        raise _wrong(words, expected, "another" if words.is_file() else "none")
    if words.suffix == ".txt":
        _read_list(words)
        return WordFile(words.resolve(), clip, f"{file_digest(words)} {clip_digest(clip)}")
    if not encoder.is_file():
        raise _wrong(encoder, "the image encoder of these words", "no such file")
    _read_words(words)
    _session(encoder)
    digest = file_digest(words) + file_digest(encoder)
    return WordFile(words.resolve(), str(encoder.resolve()), digest)


def word_fits(
    file: WordFile, images: Sequence[NDArray[np.uint8]]
) -> tuple[list[str], NDArray[np.float32]]:
    """The names, and the logarithm of their chances in each photo, (N, K).

    images: (H, W, 3) uint8 sRGB each. Raises `UserError` for an encoder that does not fit.
    """
    if file.words.suffix == ".txt":
        listed = _read_list(file.words)
        return list(listed), _logarithms(clip_logits(file.encoder, listed, images))
    names, embeddings, mean, deviation = _read_words(file.words)
    session = _session(Path(file.encoder))
    [taken] = session.get_inputs()
    side = taken.shape[-1] if isinstance(taken.shape[-1], int) else _SIDE
    pixels = [(prepare(image, side) - mean) / deviation for image in images]
    given = [session.run(None, {taken.name: one.transpose(2, 0, 1)[None]})[0] for one in pixels]
    found = np.concatenate(given).astype(np.float32)
    if found.shape[1:] != embeddings.shape[1:]:
        expected = f"embeddings of {embeddings.shape[1]} numbers, as {file.words.name} has them"
        raise _wrong(Path(file.encoder), expected, f"{found.shape}")
    return names, _logarithms(np.float32(SCALE) * (_unit(found) @ _unit(embeddings).T))


def _logarithms(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the chances of each row."""
    rising = logits - logits.max(1, keepdims=True)
    logarithms: NDArray[np.float32] = rising - np.log(np.exp(rising).sum(1, keepdims=True))
    return logarithms


def _read_list(path: Path) -> tuple[str, ...]:
    """The words of a .txt, each once."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, "text in UTF-8", f"{error}") from error
    names = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(names) < 2:
        raise _wrong(path, "two words or more, one a line", f"{len(names)}")
    return names


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return unit


def _read_words(
    path: Path,
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Names, embeddings, and what is taken off pixels and what they are divided by."""
    expected = "names (K,) of texts and embeddings (K, D) of finite numbers"
    try:
        with np.load(path) as content:
            names = [str(name) for name in content["names"]]
            embeddings = content["embeddings"].astype(np.float32)
            mean = np.asarray(content.get("mean", MEAN), np.float32).reshape(3)
            deviation = np.asarray(content.get("deviation", DEVIATION), np.float32).reshape(3)
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise _wrong(path, expected, f"{error}") from error
    if embeddings.ndim != 2 or len(names) != len(embeddings) or len(names) < 2:
        raise _wrong(path, expected, f"{len(names)} names and {embeddings.shape}")
    if not np.isfinite(embeddings).all() or not (deviation > 0).all():
        raise _wrong(path, expected, "others")
    return names, embeddings, mean, deviation


def _session(path: Path) -> Any:
    """The encoder; onnxruntime is imported only here."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            f"{path}: expected onnxruntime, which reads it, got no such package; "
            "pip install 'diamond-cutter[clip]', or leave words out"
        ) from error
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # of its own kinds, for whatever is wrong with a file
        raise _wrong(path, "an ONNX network", " ".join(str(error).split())[:200]) from error
    shapes = [each.shape for each in session.get_inputs()]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] not in (3, None, "channels"):
        raise _wrong(path, "an encoder of photos (N, 3, S, S)", f"inputs {shapes}")
    return session


def _wrong(path: Path, expected: str, got: str) -> UserError:
    return UserError(f"words: {path}: expected {expected}, got {got}; mend it, or leave words out")
