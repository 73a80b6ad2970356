"""Whether words for channels hold: for class logits, on other photos, by other networks, by chance.

    python benchmarks/words.py ATLAS PHOTOS [--model efficientnet-lite0]
        [--observer efficientnet-lite2] [--other efficientnet-lite1]

ATLAS has natural statistics of the folder PHOTOS. First the class logits of the model: how often
one gets its own class first. The classes are dealt in halves, so that a measure is chosen by one
and reported for the other.

Then each cut. `words`: the share of channels that have any; `share`: the median of their first
words'. `again`, `same`: where other halves of the photos choose and judge, how many of these
channels have words again, and how many of those the same first one. `third`: of the first words
found on two thirds of the photos, how many are among the ten that fit best on the last third, in
brackets where words are taken without being judged. `other`: of the first words, how many are among
the ten that fit best by another observer, in brackets without being judged. `shuffled`: channels
that have words where all photos are shuffled; `half`: where those of half of the channels are, the
share of these among those that have words.

What networks make of the photos is kept in the folder of `--cache`.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.atlas.statistics_photos import Photos, choose_photos
from diamond_cutter.precompute.atlas.words.concept_task import LEAST_CHANCE
from diamond_cutter.precompute.atlas.words.word_choice import FIRST, choose_words
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    normalised,
    read_natural,
    read_photo_values,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas, read_model
from diamond_cutter.precompute.stores.store_address import subgroup

Floats = NDArray[np.floating]
Places = NDArray[np.integer]
SHUFFLES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atlas")
    parser.add_argument("photos")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--observer", default="efficientnet-lite2")
    parser.add_argument("--other", default="efficientnet-lite1")
    parser.add_argument("--cache", default="data/cache")
    options = parser.parse_args()
    photos = choose_photos(options.photos, Path(options.cache), lambda *_: None)
    names = (options.model, options.observer, options.other)
    own, *others = (logits(name, photos, Path(options.cache)) for name in names)
    seen, theirs = map(logarithms, others)
    of_logits(own, seen)
    print(
        f"\n{'layer':22}{'channels':>9}{'words':>7}{'share':>7}{'again':>7}{'same':>6}"
        f"{'third':>12}{'other':>12}{'shuffled':>10}{'half':>7}"
    )
    model = subgroup(open_atlas(options.atlas), options.model)
    for layer in (each for each in read_model(model)[1] if each.is_cut and each.name in model):
        group = subgroup(model, layer.name)
        natural, kept = read_natural(group), read_photo_values(group)
        if natural is None or kept is None or natural.digest != photos.digest:
            raise SystemExit(f"{layer.name}: not measured on {options.photos}")
        print(f"{layer.name:22}" + row(kept.value.astype(np.float32), seen, theirs), flush=True)


def of_logits(own: Floats, seen: Floats) -> None:
    """Print how often a class logit gets its own class, of those that another network sees."""
    agree = (own.argmax(1) == seen.argmax(1)).mean()
    print(f"{len(own)} photos; both networks name the same class in {agree:.1%}")
    chosen, told = np.array_split(np.random.default_rng(0).permutation(own.shape[1]), 2)

    def shares(first: Places) -> str:
        return ", ".join(f"{(first[half] == half).mean():.1%}" for half in (chosen, told))

    first = choose_words(own, seen).word[:, 0]
    print(f"own class first, of all {(first == np.arange(len(first))).mean():.1%}; of the classes "
          f"that choose, of those that judge: {shares(first)}")  # fmt: skip
    print(f"correlation, not judged: {shares(fits(own, seen).argmax(1))}")
    for count in (5, 10, 20, 50, 100):
        strongest = np.argsort(-own, 0)[:count]
        information = seen[strongest].mean(0) - np.log(np.exp(seen).mean(0))
        print(f"pointwise mutual information, {count} strongest: {shares(information.argmax(1))}")


def row(values: Floats, seen: Floats, theirs: Floats) -> str:
    """The figures of a layer as a line; values (P, C), and what two networks see, (P, K)."""
    draw = np.random.default_rng(1)
    found = choose_words(values, seen)
    first, has = found.word[:, 0], found.word[:, 0] >= 0
    order = draw.permutation(len(values))
    once_more = choose_words(values[order], seen[order]).word[:, 0]
    again = has & (once_more >= 0)
    two, third = np.array_split(order, [2 * len(order) // 3])
    of_two = choose_words(values[two], seen[two]).word[:, 0]
    raw_two, last = fits(values[two], seen[two]).argmax(1), fits(values[third], seen[third])
    raw, other = fits(values, seen).argmax(1), fits(values, theirs)
    shuffled, half = [], []
    for _ in range(SHUFFLES):
        mixed = values[draw.permutation(len(values))]
        shuffled.append((choose_words(mixed, seen).word[:, 0] >= 0).mean())
        some = draw.permutation(values.shape[1])[: values.shape[1] // 2]
        partly = values.copy()
        partly[:, some] = mixed[:, some]
        words = choose_words(partly, seen).word[:, 0] >= 0
        half.append(words[some].sum() / max(1, words.sum()))
    share = np.median(found.share[has, 0]) if has.any() else np.nan
    same = (first == once_more)[again].sum() / max(1, again.sum())
    in_third = f"{among(of_two, last):.0%} ({among(raw_two, last):.0%})"
    by_other = f"{among(first, other):.0%} ({among(raw, other):.0%})"
    return (
        f"{len(first):9}{has.mean():7.0%}{share:7.0%}{again.sum() / max(1, has.sum()):7.0%}"
        f"{same:6.0%}{in_third:>12}{by_other:>12}{np.mean(shuffled):10.2%}{np.mean(half):7.1%}"
    )


def among(first: Places, fit: Floats) -> float:
    """The share of words, -1 being none, that are among the `FIRST` of each channel's fits."""
    has = np.flatnonzero(first >= 0)
    better = fit[has] > fit[has, first[has]][:, None]
    return float((better.sum(1) < FIRST).mean()) if len(has) else float("nan")


def fits(values: Floats, concepts: Floats) -> Floats:
    return normalised(values).T @ normalised(concepts)


def logits(name: str, photos: Photos, cache: Path) -> Floats:
    """Those of a network, (P, K), from the cache where they are there."""
    path = cache / f"logits-{name}-{photos.digest[:12]}.npy"
    if not path.is_file():
        backbone = catalogue.load(name)
        rows = [
            backbone.model(prepare(each, backbone.input_size)[None]) for each in photos.images()
        ]
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate([np.asarray(each).reshape(1, -1) for each in rows]))
    return np.load(path).astype(np.float64)


def logarithms(values: Floats) -> Floats:
    """Of the chances that logits stand for, as the atlas takes them."""
    rising = values - values.max(1, keepdims=True)
    chances: Floats = rising - np.log(np.exp(rising).sum(1, keepdims=True))
    return np.maximum(chances, np.log(LEAST_CHANCE))


if __name__ == "__main__":
    main()
