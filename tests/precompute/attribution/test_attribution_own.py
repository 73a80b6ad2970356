"""A network by itself: scikit-image's photos, and the classes that it was trained on."""

import json

import numpy as np
import pytest
import skimage.data
from PIL import Image

from diamond_cutter.command.main import main
from diamond_cutter.precompute.attribution import photo_tasks
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.pretrained_head import cut_head
from diamond_cutter.precompute.stores.attribution import attribution_reader as reader
from diamond_cutter.precompute.stores.attribution.attribution_graphs import CutGraphs, read_graphs
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.study import study_reader

MODEL, CUT = "efficientnet-lite0", "top_activation"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("own")
    (folder / "photos" / "drinks").mkdir(parents=True)
    Image.fromarray(skimage.data.chelsea()).save(folder / "photos" / "cat.png")
    Image.fromarray(skimage.data.coffee()).save(folder / "photos" / "drinks" / "cup.png")
    (folder / "photos" / "notes.txt").write_text("no photo")
    (folder / "diamond.toml").write_text(
        f'[study.seen]\ndataset = "{folder / "photos"}"\nstore = "{folder / "study.zarr"}"\n'
        f'cache = "{folder / "cache"}"\n[study.seen.training]\nhead = "own"\n'
        '[study.seen.attribution]\nlayers = ["block6d_add"]\npictures = 0\n'
    )
    return str(folder)


def test_photos_need_no_class_and_their_sums_are_the_networks_logits(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["study", "seen", "--config", f"{store}/diamond.toml", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["dataset"]["ignored"] == 1
    seen = {photo["path"]: photo["classes"][MODEL] for photo in printed["photos"]}
    assert list(seen) == ["cat.png", "drinks/cup.png"]
    assert seen["cat.png"][0][0] in ("Egyptian cat", "tabby", "tiger cat")
    assert seen["drinks/cup.png"][0][0] in ("espresso", "cup")
    studies = study_reader.open_studies(f"{store}/study.zarr")
    assert study_reader.names(studies) == []
    assert reader.explained_names(studies) == ["seen"]
    source = reader.open_explained(studies, "seen")
    explained = reader.read_explained(source)
    assert (explained.own, explained.cuts, explained.photos) == (True, [(MODEL, CUT)], 2)
    slot = subgroup(source.study, str(source.study.attrs["slot"]))
    assert np.asarray(array(slot, "photos/label")[:]).tolist() == [-1, -1]
    assert np.asarray(array(slot, "photos/thumbnail")[:]).any()
    cut = reader.read_explained_cut(source, MODEL, CUT)
    for photo in reader.PhotoReader(source, MODEL, CUT):
        view = photo.layers[CUT]
        first, second = np.argsort(-photo.logit)[:2]
        assert view.targets[:2] == [(first, second), (first, -1)]
        margin = photo.logit[first] - photo.logit[second]
        assert view.bias[0] + view.total[0] == pytest.approx(margin, abs=1e-3)
        assert (view.channel[0] > 0).any()
        assert (view.channel[0] < 0).any()
        assert int(first) in cut.shown
    sums = reader.read_sums(source, MODEL, CUT, "block6d_add")
    assert sums.photos[0] == 2


def test_its_graphs_go_through_layers_and_are_made_once(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("made again")

    def read() -> CutGraphs:
        source = reader.open_explained(study_reader.open_studies(f"{store}/study.zarr"), "seen")
        found = read_graphs(subgroup(source.group, f"{MODEL}/{CUT}"))
        assert found is not None
        return found

    graphs = read()
    assert graphs.layers == ["block6d_add", CUT]
    assert graphs.photos.photo.tolist() == [0, 1]
    assert sorted(graphs.photos.label) == graphs.classes.label.tolist()
    assert graphs.classes.photos.tolist() == [1, 1]
    order = np.argsort(graphs.photos.label)
    for name in ("node", "value", "edge", "reaching", "whole"):  # a class of one photo is that
        of_photos, of_classes = (getattr(each, name) for each in (graphs.photos, graphs.classes))
        np.testing.assert_allclose(of_photos[order], of_classes, rtol=1e-4, atol=1e-6)
    edge, value, node = graphs.classes.edge, graphs.classes.value, graphs.classes.node
    assert (edge.shape, node.shape) == ((2, 1, 6, 6), (2, 2, 6))
    assert (np.abs(edge).sum(axis=2) <= graphs.classes.reaching * 1.001).all()
    assert (np.diff(value, axis=2) <= 0).all()
    assert edge.min() < 0 < edge.max()
    with monkeypatch.context() as patch:
        patch.setattr(photo_tasks, "execute_tasks", refuse)
        main(["study", "seen", "--config", f"{store}/diamond.toml", "--json"])
        np.testing.assert_array_equal(read().classes.edge, edge)
        with pytest.raises(AssertionError, match="made again"):
            main(["study", "seen", "--config", f"{store}/diamond.toml", "--attribution-graph", "2"])


def test_the_classifier_reads_the_average_of_the_last_cut(
    backbone: Backbone,
) -> None:
    found = cut_head(backbone)
    [(weights, bias)] = found.layers
    assert (found.cut.name, found.pooling) == (CUT, "average")
    dense = backbone.model.layers[-1]
    np.testing.assert_allclose(weights, dense.kernel, atol=1e-6)
    np.testing.assert_allclose(bias, dense.bias, atol=1e-6)
