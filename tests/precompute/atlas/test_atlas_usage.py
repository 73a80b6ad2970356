"""The channels that a study uses come first."""

import numpy as np
import pytest
from sample_attribution import LAYERS

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.selection import select_used
from diamond_cutter.precompute.atlas.usage import find_used
from diamond_cutter.precompute.backbones import catalogue
from diamond_cutter.precompute.contract import attribution_reader as reader
from diamond_cutter.precompute.contract.study_reader import open_studies


def test_the_most_used_channels_of_every_layer_shown_are_found(small_study: str) -> None:
    used = find_used(small_study, "pets", most=10)
    shown = [(model, layer.name) for (model, _), layers in LAYERS.items() for layer in layers]
    assert list(used) == shown
    assert all(len(channels) == 10 for channels in used.values())
    source = reader.open_explained(open_studies(small_study), "pets")
    sums = reader.read_sums(source, "tiny-net", "block1", "block1")
    active = reader.read_channels(source, "tiny-net", "block1", "block1").mean
    given = np.abs(sums.mean).max(axis=0)
    chosen = list(used["tiny-net", "block1"])
    assert (given[chosen] > np.median(given)).mean() > 0.8
    assert (active[chosen] > np.median(active)).all()


def test_what_is_used_is_selected_and_nothing_else() -> None:
    backbone = catalogue.load("efficientnet-lite0")
    used = {("efficientnet-lite0", "block1a_project_bn"): (7, 3), ("another", "stem"): (1,)}
    [selection] = select_used([backbone], used)
    assert (selection.layer.name, selection.channels) == ("block1a_project_bn", (7, 3))


def test_a_study_that_explains_nothing_is_refused(large_study: str) -> None:
    with pytest.raises(UserError, match="'thirty' has no attribution"):
        find_used(large_study, "thirty")
