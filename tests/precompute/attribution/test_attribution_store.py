"""What is written of attribution is what is read, and it sums up."""

import numpy as np
import pytest
from sample_attribution import PICTURE, targets_of
from sample_study import SMALL, label_of

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.attribution import attribution_layout
from diamond_cutter.precompute.stores.attribution import attribution_reader as reader
from diamond_cutter.precompute.stores.study.study_reader import open_studies


@pytest.fixture
def source(small_study: str) -> reader.Source:
    return reader.open_explained(open_studies(small_study), "pets")


def test_the_cuts_are_named_the_recommended_one_first(source: reader.Source) -> None:
    explained = reader.read_explained(source)
    assert explained.cuts == [("tiny-net", "block1"), ("far.net_2", "block3")]
    assert (explained.photos, explained.own) == (60, False)
    cut = reader.read_explained_cut(source, *explained.cuts[0])
    assert [layer.name for layer in cut.layers] == ["stem", "block1"]
    assert cut.shortcuts[0].cells == [(0, 0)]


def test_photos_come_back_whole(source: reader.Source) -> None:
    photos = reader.PhotoReader(source, "tiny-net", "block1")
    seen = {photo.photo: photo for photo in photos}
    assert list(photos.photos) == sorted(seen) == list(range(60))
    photo = seen[17]
    assert photo.picture[:4] == b"RIFF"
    view = photo.layers["block1"]
    assert view.targets == targets_of(photo.logit, label_of(SMALL, 17), at_cut=True)
    reached = [photo.logit[k] - (photo.logit[j] if j >= 0 else 0) for k, j in view.targets]
    count = len(view.targets)
    np.testing.assert_allclose((view.bias + view.total)[:count], reached, atol=1e-4)
    np.testing.assert_allclose(view.heatmap.sum((1, 2)), view.total, atol=1e-4)
    np.testing.assert_allclose(view.channel.sum(1), view.total, atol=1e-4)
    assert 2 * reader.read_explained_cut(source, "tiny-net", "block1").input_size == PICTURE


def test_cells_name_their_strongest_channels_for_and_against(source: reader.Source) -> None:
    view = reader.PhotoReader(source, "tiny-net", "block1").read(17).layers["block1"]
    values = view.cell_value[0]
    top = attribution_layout.TOP
    assert (np.diff(values[..., :top]) <= 0).all()
    assert (np.diff(values[..., top:]) >= 0).all()
    assert (values[..., 0] > 0).any()
    assert (values[..., top] < 0).any()


def test_what_is_not_there_is_said(source: reader.Source, large_study: str) -> None:
    with pytest.raises(KeyError):
        reader.PhotoReader(source, "tiny-net", "block1").read(60)
    studies = open_studies(large_study)
    assert reader.explained_names(studies) == []
    with pytest.raises(UserError, match=r"'thirty' has no attribution; `diamond study thirty`"):
        reader.open_explained(studies, "thirty")
