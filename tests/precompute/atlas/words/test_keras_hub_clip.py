"""Words of a list by a CLIP of Keras Hub: a small one, of random weights, saved as presets are."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.words import keras_hub_clip
from diamond_cutter.precompute.atlas.words.word_file import check_words, word_fits

SIDE = 16
SCALE, OFFSET = (0.01, 0.02, 0.03), (-1.0, -2.0, -3.0)
WORDS = ("a dog", "Cat", "zebra")


@pytest.fixture(scope="module")
def preset(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A folder with a CLIP that reads letters, and "dog" as one."""

    def make(folder: Path) -> None:
        from keras_hub import layers, models

        small: Any = {"hidden_dim": 16, "num_layers": 1, "num_heads": 2, "intermediate_dim": 16}
        vision = models.CLIPVisionEncoder(patch_size=8, image_shape=(SIDE, SIDE, 3), **small)
        text = models.CLIPTextEncoder(64, 16, max_sequence_length=8, **small)
        whole = [*ascii_lowercase, *(f"{letter}</w>" for letter in ascii_lowercase)]
        tokens = [*whole, "<|startoftext|>", "<|endoftext|>", "do", "dog</w>"]
        tokenizer = models.CLIPTokenizer(
            {token: place for place, token in enumerate(tokens)}, ["d o", "do g</w>"]
        )
        converter = layers.CLIPImageConverter((SIDE, SIDE), SCALE, OFFSET)
        models.CLIPBackbone(vision, text, projection_dim=8).save_to_preset(str(folder))
        preprocessor = models.CLIPPreprocessor(tokenizer, converter, sequence_length=8)
        preprocessor.save_to_preset(str(folder))

    return once("clip", make)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("\n".join([*WORDS, "", "  Cat "]), encoding="utf-8")
    return path


def drawn(count: int) -> list[NDArray[np.uint8]]:
    """Photos of the network's own side: none of them has to be resized."""
    draw = np.random.default_rng(0)
    return [draw.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(count)]


def test_words_have_the_chances_that_the_network_itself_gives(preset: Path, words: Path) -> None:
    from keras_hub import models

    file = check_words(str(words), str(preset))
    assert file is not None
    assert (file.name, file.encoder) == ("words.txt", str(preset))
    images = drawn(17)  # more than one batch
    names, fit = word_fits(file, images)
    assert names == list(WORDS)
    end, zebra = 53, [ord(letter) - ord("a") for letter in "zebr"]
    tokens = [[52, 26, 55, end], [52, 2, 0, 26 + 19, end], [52, *zebra, 26, end]]
    whole = models.CLIPBackbone.from_preset(str(preset))
    given = {
        "images": np.stack(images) * np.float32(SCALE) + np.float32(OFFSET),
        "token_ids": np.array([each + [0] * (8 - len(each)) for each in tokens], np.int32),
    }
    powers = np.exp(np.asarray(whole(given)["vision_logits"], np.float64))
    expected = np.log(powers / powers.sum(axis=1, keepdims=True))
    assert np.ptp(expected, axis=0).min() > 1e-4
    np.testing.assert_allclose(fit, expected, atol=1e-4)


def test_another_list_or_network_is_another_file(preset: Path, words: Path, tmp_path: Path) -> None:
    def digest() -> str:
        file = check_words(str(words), str(preset))
        assert file is not None
        return file.digest

    before = digest()
    assert digest() == before
    words.write_text("ant\nbee\n", encoding="utf-8")
    assert digest() != before
    named = keras_hub_clip.clip_digest(str(preset))
    keras_hub_clip._load.cache_clear()
    other = shutil.copytree(preset, tmp_path / "other")
    assert keras_hub_clip.clip_digest(str(other)) == named
    (other / "metadata.json").write_bytes((other / "metadata.json").read_bytes() + b" ")
    assert keras_hub_clip.clip_digest(str(other)) != named


@pytest.mark.parametrize("missing", ["config.json", "model.weights.h5", "vocabulary.json",
                                     "image_converter.json"])  # fmt: skip
def test_what_a_preset_lacks_is_told(
    preset: Path, words: Path, tmp_path: Path, missing: str
) -> None:
    part = shutil.copytree(preset, tmp_path / "part", ignore=shutil.ignore_patterns(missing))
    keras_hub_clip._load.cache_clear()
    with pytest.raises(UserError, match=r"^clip: expected a CLIP of Keras Hub, .*/part': .*mend"):
        check_words(str(words), str(part))


def test_no_such_preset_no_keras_hub_and_no_words_are_told(
    words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"clip_vit_base_patch32 or a folder .* got 'no_such_clip'"):
        check_words(str(words), "no_such_clip")
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(UserError, match=r"expected keras-hub, which loads some_clip.*cutter\[clip"):
        check_words(str(words), "some_clip")
    words.write_text("one\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"words\.txt: expected two words or more.* got 1; mend"):
        check_words(str(words), "some_clip")
    words.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"words\.txt: expected text in UTF-8"):
        check_words(str(words), "some_clip")
