"""Weights in a file, named in diamond.toml, through `diamond atlas` and `diamond site`.

The weights are random, since real ones can't be had everywhere.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.stores.atlas.atlas_layout import Level, open_atlas
from diamond_cutter.precompute.stores.store_address import array

QUICK = ("MobileNetV3Small",)
FAMILIES = (
    "ConvNeXtTiny",
    "DenseNet121",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "NASNetMobile",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
    "Xception",
)
EVERY = os.environ.get("DIAMOND_TEST_ALL")  # as `make test-all` sets it
CHANNELS = 2


@pytest.mark.parametrize("name", (*QUICK, *FAMILIES) if EVERY else QUICK)
def test_weights_of_a_file_go_through_atlas_and_site(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(1)
    weights = tmp_path / "mine.weights.h5"
    getattr(keras.applications, name)(weights=None).save_weights(weights)
    cuts = [layer.name for layer in catalogue.layers(name) if layer.is_cut]
    first, last = cuts[0], cuts[-1]
    Path("diamond.toml").write_text(
        f'[models.{name}]\nweights = "mine.weights.h5"\n'
        f'[atlas]\nstore = "atlas.zarr"\nmodels = ["{name}"]\nlayers = ["{first}", "{last}"]\n'
        f"channels = {CHANNELS}\ncircuits = 0\nworkers = 1\n"
    )
    assert main(["atlas"]) == 0
    atlas = open_atlas("atlas.zarr")
    for cut in (first, last):
        levels = np.asarray(array(atlas, f"{name}/{cut}/level")[:3])
        assert levels.tolist() == [Level.PREVIEW] * 2 + [0]
        assert np.isfinite(np.asarray(array(atlas, f"{name}/{cut}/score")[:CHANNELS])).all()
    layer = f"{name}/{first}"
    pictures = np.asarray(array(atlas, f"{layer}/images")[:CHANNELS])
    assert (pictures.std(axis=(1, 2, 3)) > 5).any()
    assert main(["site"]) == 0, capfd.readouterr().err
    assert (tmp_path / "site/models" / layer / "1/index.html").is_file()
    listed = json.loads((tmp_path / "site/index.json").read_bytes())["catalogue"]
    assert {model["name"]: model["weights"] for model in listed}[name] == "here"
    weights.unlink()  # some are large
