"""Words and evidence for tests, made up; those of tiny-net's stem in the small atlas."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.evidence.evidence_trials import interval
from diamond_cutter.precompute.stores.atlas.activation_statistics import natural_group
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence, write_evidence
from diamond_cutter.precompute.stores.atlas.word_layout import MOST, Words, write_words
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import array, subgroup

OBSERVER = Network("seer-net", "ab" * 32)
CHANNELS = 20
TRIALS = 40
NAMED = {4: ("beak", 0.75), 9: ("golden retriever", 0.5)}
"""The channels that have a word, with its share."""


def shares() -> NDArray[np.float32]:
    """(CHANNELS,): in what share of trials each picture is matched, all of them different."""
    return np.float32([0.5 + (7 * channel % CHANNELS) / TRIALS for channel in range(CHANNELS)])


def judge_stem(address: str) -> None:
    """Have the atlas keep words and evidence of the stem's channels."""
    layer = subgroup(zarr.open_group(address, mode="r+"), "tiny-net/stem")
    natural = natural_group(layer)
    assert natural is not None
    photos = str(natural.attrs["digest"])
    crops = np.full(CHANNELS, 0.9, np.float32)
    evidence = Evidence(
        observer=OBSERVER.name,
        trials=TRIALS,
        picture=shares(),
        picture_interval=interval(shares(), TRIALS),
        crops=crops,
        crops_interval=interval(crops, TRIALS),
        level=np.asarray(array(layer, "level")[:]),
    )
    write_evidence(layer, evidence, OBSERVER, photos)
    given = {channel: [word] for channel, word in NAMED.items()}
    write_words(layer, make_words(CHANNELS, given, source=OBSERVER.name, photos=photos))


def make_words(
    channels: int, given: Mapping[int, Sequence[tuple[str, float]]], **facts: Any
) -> Words:
    """Of so many channels those that are given, with their shares; `facts`: as `Words` has them."""
    names = tuple(sorted({name for words in given.values() for name, _ in words}))
    word = np.full((channels, MOST), -1, np.int32)
    share = np.zeros((channels, MOST), np.float32)
    for channel, words in given.items():
        for place, (name, value) in enumerate(words):
            word[channel, place], share[channel, place] = names.index(name), value
    ends = np.clip(np.stack([share - 0.125, share + 0.125], axis=-1), 0, 1) * (share > 0)[..., None]
    told = {
        "kind": "observer",
        "source": "other-net",
        "judged": 500,
        "strongest": 50,
        "concepts": "c0" * 32,
        "photos": "f0" * 32,
        **facts,
    }
    chance = np.where(share > 0, 0.1, 0).astype(np.float32)
    return Words(
        names=names, word=word, share=share, interval=ends.astype(np.float32), chance=chance, **told
    )
