"""Evidence in words and in numbers: how well another network matches pictures to photos."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.page_text import whole_percent
from diamond_cutter.build.rendered_atlas import RenderedLayer
from diamond_cutter.precompute.stores.atlas.evidence_layout import Evidence


def judgement(layer: RenderedLayer, channel: int) -> str:
    """What is said of a channel's picture, and of crops; empty where nothing was asked."""
    evidence = layer.evidence
    if evidence is None or np.isnan(evidence.crops[channel]):
        return ""
    crops, its_interval = _share(evidence.crops, evidence.crops_interval, channel)
    who = f"Another network, {evidence.observer},"
    if not is_judged(layer)[channel]:
        told = f"{who} matches crops of its strongest photos to others in {crops} of trials"
        return f"{told} ({its_interval})."
    picture, interval = _share(evidence.picture, evidence.picture_interval, channel)
    chance = "" if evidence.is_better_than_chance[channel] else ", which may be chance"
    told = f"{who} matches its picture to its photos in {picture} of trials ({interval}){chance}."
    return f"{told} Crops of its strongest photos it matches in {crops} ({its_interval})."


def brief(layer: RenderedLayer) -> str:
    """`summary` for a list of layers."""
    mean = mean_evidence(layer)
    if mean is None:
        return ""
    return f"evidence {whole_percent(mean['picture'])}, crops {whole_percent(mean['crops'])}"


def summary(layer: RenderedLayer) -> str:
    """What comes out for a layer's pictures on the whole; empty where none was judged."""
    mean = mean_evidence(layer)
    if mean is None:
        return ""
    return (
        f"{mean['observer']} matches pictures to photos in {whole_percent(mean['picture'])} of "
        f"trials, crops in {whole_percent(mean['crops'])}; "
        f"{whole_percent(mean['better_than_chance'])} of the pictures better than chance"
    )


def mean_evidence(layer: RenderedLayer) -> dict[str, Any] | None:
    """The evidence of a layer in `model.json`: means over what was judged; None where none was."""
    evidence, judged = layer.evidence, is_judged(layer)
    if evidence is None or not judged.any():
        return None
    return {
        "observer": evidence.observer,
        "trials": evidence.trials,
        "judged": int(judged.sum()),
        "picture": round(float(evidence.picture[judged].mean()), 4),
        "crops": round(float(evidence.crops[judged].mean()), 4),
        "better_than_chance": round(float(evidence.is_better_than_chance[judged].mean()), 4),
    }


def is_judged(layer: RenderedLayer) -> NDArray[np.bool_]:
    """(C,) bool: whether evidence is of the picture that is shown now."""
    if layer.evidence is None:
        return np.zeros(len(layer.level), bool)
    same: NDArray[np.bool_] = layer.evidence.level == layer.level
    return same & layer.pictured & ~np.isnan(layer.evidence.picture)


def evidence_lists(layer: RenderedLayer) -> dict[str, Any] | None:
    """The evidence of a layer in `layer.json`: lists of C, null where there is none."""
    evidence, judged = layer.evidence, is_judged(layer)
    if evidence is None:
        return None
    better = evidence.is_better_than_chance & judged
    return {
        "observer": evidence.observer,
        "trials": evidence.trials,
        "picture": [
            _number(value) if is_it else None
            for value, is_it in zip(evidence.picture, judged, strict=True)
        ],
        "crops": [_number(value) for value in evidence.crops],
        "better_than_chance": better.tolist(),
    }


def evidence_row(layer: RenderedLayer, channel: int) -> dict[str, Any] | None:
    """The evidence of a channel in its row of `channels.jsonl`; None where there is none."""
    evidence = layer.evidence
    if evidence is None or np.isnan(evidence.crops[channel]):
        return None
    judged = bool(is_judged(layer)[channel])
    return {
        "observer": evidence.observer,
        "trials": evidence.trials,
        "picture": _number(evidence.picture[channel]) if judged else None,
        "picture_interval": _pair(evidence.picture_interval[channel]) if judged else None,
        "crops": _number(evidence.crops[channel]),
        "crops_interval": _pair(evidence.crops_interval[channel]),
    }


def _share(
    shares: NDArray[np.float32], intervals: NDArray[np.float32], channel: int
) -> tuple[str, str]:
    """A channel's share and its interval as text."""
    low, high = (round(100 * float(end)) for end in intervals[channel])
    return whole_percent(float(shares[channel])), f"{low} to {high}"


def _number(value: np.floating[Any]) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _pair(interval: NDArray[np.float32]) -> list[float]:
    return [round(float(end), 4) for end in interval]


def evidence_contents(evidence: Evidence | None) -> bytes:
    """All of the evidence that pages are made from, to be told from what was before."""
    if evidence is None:
        return b""
    arrays = (evidence.picture, evidence.crops, evidence.level)
    facts = f"{evidence.observer} {evidence.trials}".encode()
    return facts + b"".join(each.tobytes() for each in arrays)
