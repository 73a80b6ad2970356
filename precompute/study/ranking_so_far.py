"""The ranking of the cuts of a study that are done, while it is made or after it was stopped.

Held-out figures are the final ones; cuts are compared with those that are there. Nothing is
trained, and what only all cuts together can tell is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import zarr

from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.format_version import VERSIONS
from diamond_cutter.precompute.stores.store_address import array, locate
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.stores.study.study_layout import Cut, Recommendation, Study
from diamond_cutter.precompute.study.baselines import measure_untrained
from diamond_cutter.precompute.study.cross_validation import LEAST
from diamond_cutter.precompute.study.recommendation.cut_choice import choose
from diamond_cutter.precompute.study.recommendation.cut_comparison import compare
from diamond_cutter.precompute.study.recommendation.recommendation_text import rank
from diamond_cutter.precompute.study.resampling import resample
from diamond_cutter.precompute.study.study_plan import STUDIES
from diamond_cutter.precompute.study.study_text import count, measured, place

TRIES = 5
"""How often a store is read that changes meanwhile: a study turns to its other slot at its end."""


@dataclass(frozen=True)
class SoFar:
    """How far a study is.

    `state`: "nothing": no cut is done, "unfinished" or "finished"; `planned`: how many cuts it
    tries; `cuts`: those that are done, best first; `document`: what JSON has of them, with the
    names of `ranking_document`.
    """

    state: Literal["nothing", "unfinished", "finished"]
    planned: int
    cuts: list[Cut]
    document: dict[str, Any]


def read_so_far(store: str, name: str) -> SoFar:
    """What is done of a study: of one that is being made or was stopped, else of the finished one.

    Raises `UserError` for a store that can't be read.
    """
    for attempt in range(1, TRIES + 1):
        studies = locate(store, STUDIES).find()
        try:
            return _nothing(name, 0) if studies is None else _read(studies, name)
        except (KeyError, FileNotFoundError):  # it has just been turned, or begun anew
            if attempt == TRIES:
                raise
    raise AssertionError


def _read(studies: zarr.Group, name: str) -> SoFar:
    draft = study_reader.draft_group(studies, name)
    if draft is not None:
        return _of_draft(draft, name)
    if name not in study_reader.names(studies):
        return _nothing(name, 0)
    study = study_reader.read_study(studies, name)
    group = study_reader.study_group(studies, name)
    cuts = [study_reader.read_cut(study_reader.cut_group(group, *key)) for key in study.ranking]
    document = study_reader.ranking_document(study, cuts, study_reader.read_report(group))
    return SoFar("finished", len(cuts), cuts, _marked(document, "finished", len(cuts), len(cuts)))


def _of_draft(draft: zarr.Group, name: str) -> SoFar:
    planned = study_reader.read_planned(draft)
    total = len(planned.cuts)
    groups = [
        study_reader.cut_group(draft, *key)
        for key in planned.cuts
        if "cuts/{}/{}".format(*key) in draft
    ]
    groups = [group for group in groups if "cut" in group.attrs]
    if not groups:
        return _nothing(name, total)
    label, fold, group = (
        np.asarray(array(draft, f"photos/{each}")[:]) for each in ("label", "fold", "group")
    )
    held = fold >= 0
    resamples = resample(group[held], planned.seed)
    probability = np.stack([array(each, "probability")[:] for each in groups])[:, held]
    right = (probability.argmax(axis=2) == label[held]).T
    own = np.take_along_axis(probability, label[held][None, :, None], axis=2)[..., 0].T
    comparisons = compare(right, resamples)
    cuts = [
        replace(study_reader.read_cut(each), comparison=comparison)
        for each, comparison in zip(groups, comparisons, strict=True)
    ]
    choice = choose(
        np.log(np.maximum(own.astype(np.float64), LEAST)),
        right,
        [cut.model for cut in cuts],
        _habit(cuts),
        np.array([cut.cost.gflops for cut in cuts]),
        planned.tolerance,
        resamples,
    )
    chosen = cuts[choice.recommended]
    best = rank(cuts)
    sentence = (
        f"{len(cuts)} of {count(total, 'cut')} are done. So far {place(best[0])} is right most "
        f"often: {measured(best[0].metrics.accuracy)} of held-out photos. What is recommended in "
        "the end may be another."
    )
    study = Study(
        name=name,
        classes=planned.classes,
        counts=np.bincount(label, minlength=len(planned.classes)).tolist(),
        photos=len(label),
        held_out=int(held.sum()),
        split="folds",
        folds=int(fold.max()) + 1,
        seed=planned.seed,
        settings={},
        backbones=[],
        ranking=[(cut.model, cut.cut) for cut in best],
        recommendation=Recommendation(chosen.model, chosen.cut, sentence, [], False, []),
        baselines=measure_untrained(label, fold, len(planned.classes), resamples),
        machine="",
        versions={},
        seconds={},
        groups=len(np.unique(group)),
    )
    document = study_reader.ranking_document(study, best, study_reader.read_report(draft))
    return SoFar("unfinished", total, best, _marked(document, "unfinished", len(cuts), total))


def _habit(cuts: Sequence[Cut]) -> int:
    """Of the cuts, in the order in which they are tried, the last of the strongest network."""
    models = {cut.model: catalogue.describe(cut.model)[0] for cut in cuts}
    usual = max(models, key=lambda name: (models[name].top1 or 0.0, models[name].gflops or 0.0))
    return max(at for at, cut in enumerate(cuts) if cut.model == usual)


def _nothing(name: str, total: int) -> SoFar:
    document = {
        "format_version": VERSIONS["ranking"],
        "study": name,
        "photos": 0,
        "groups": None,
        "held_out": 0,
        "classes": [],
        "dataset": {},
        "recommended": None,
        "sentence": "No cut is done yet.",
        "enough": False,
        "baselines": {},
        "last_cuts": {},
        "cuts": [],
    }
    return SoFar("nothing", total, [], _marked(document, "nothing", 0, total))


def _marked(document: dict[str, Any], state: str, done: int, total: int) -> dict[str, Any]:
    return {**document, "so_far": {"state": state, "done": done, "of": total}}
