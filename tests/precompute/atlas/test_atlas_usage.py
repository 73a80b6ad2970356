"""The channels that a study uses come first."""

from dataclasses import replace

import numpy as np
import pytest
from sample_attribution import LAYERS

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.channel_selection import select_used
from diamond_cutter.precompute.atlas.used_channels import find_used
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.stores.attribution import attribution_reader as reader
from diamond_cutter.precompute.stores.attribution.attribution_graphs import read_graphs
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.study.study_reader import open_studies


def test_the_most_used_channels_of_every_layer_shown_are_found(small_study: str) -> None:
    used = find_used(small_study, "pets", most=10)
    shown = [(model, layer.name) for (model, _), layers in LAYERS.items() for layer in layers]
    assert list(used) == shown
    assert all(len(channels) == 10 for channels in used.values())


def test_what_cells_name_what_counts_for_a_class_and_its_graph_come_first(small_study: str) -> None:
    source = reader.open_explained(open_studies(small_study), "pets")
    given = np.abs(reader.read_sums(source, "tiny-net", "block1", "block1").mean).max(axis=0)
    named = np.zeros(len(given))
    for photo in reader.PhotoReader(source, "tiny-net", "block1"):
        view = photo.layers["block1"]
        for cells in (view.active_channel, view.cell_channel[0]):
            for cell in cells.reshape(-1, cells.shape[-1]):
                for position, channel in enumerate(cell):
                    named[channel] += 1 / (position + 1)
    graphs = read_graphs(subgroup(source.group, "tiny-net/block1"))
    assert graphs is not None
    node, value = graphs.classes.node[:, 1], np.abs(graphs.classes.value[:, 1])
    most = find_used(small_study, "pets", most=3)["tiny-net", "block1"]
    assert set(most) == {named.argmax(), given.argmax(), node.flat[value.argmax()]}


def test_what_is_used_is_selected_and_nothing_else(lite0: Backbone) -> None:
    used = {("efficientnet-lite0", "block1a_project_bn"): (7, 3), ("another", "stem"): (1,)}
    [selection] = select_used([lite0], used)
    assert (selection.layer.name, selection.channels) == ("block1a_project_bn", (7, 3))


def test_a_study_of_weights_that_are_no_more_is_refused(
    small_study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "network", lambda name: Network(name, "5d" * 32))

    def recorded(digest: str) -> None:
        read = reader.read_explained_cut
        monkeypatch.setattr(
            "diamond_cutter.precompute.atlas.used_channels.read_explained_cut",
            lambda *place: replace(read(*place), weights_digest=digest),
        )

    recorded("5d" * 32)
    assert find_used(small_study, "pets")
    recorded("77" * 32)
    with pytest.raises(UserError, match=r"study pets: expected one of tiny-net with the weights"):
        find_used(small_study, "pets")


def test_a_study_that_explains_nothing_is_refused(large_study: str) -> None:
    with pytest.raises(UserError, match="'thirty' has no attribution"):
        find_used(large_study, "thirty")
