"""Where the concepts come from that channels are named by: networks, labels, files."""

import hashlib
from dataclasses import dataclass

from diamond_cutter.precompute.atlas.atlas_plan import Plan
from diamond_cutter.precompute.atlas.statistics_photos import Photos
from diamond_cutter.precompute.atlas.words.word_choice import FEWEST
from diamond_cutter.precompute.atlas.words.word_file import WordFile
from diamond_cutter.precompute.photos.dataset_reader import UNLABELLED
from diamond_cutter.precompute.stores.atlas.word_layout import Kind
from diamond_cutter.precompute.stores.network import Network


@dataclass(frozen=True)
class ConceptSource:
    """Whose concepts, and what tells them from others, with the photos: a SHA-256, hex.

    kind, source: as `Words` has them. network: of an observer; file: of words of one's own.
    """

    kind: Kind
    source: str
    digest: str
    network: Network | None = None
    file: WordFile | None = None


def concept_sources(plan: Plan, model: str) -> list[ConceptSource]:
    """Those by which the channels of a model are named; none where the photos are too few."""
    photos = plan.photos
    if len(photos.files) < FEWEST:
        return []
    found = []
    observer = plan.observers.get(model)
    if observer is not None:
        digest = _digest(photos, observer.name, observer.weights_digest)
        found.append(ConceptSource("observer", observer.name, digest, network=observer))
    if len(set(photos.classes) - {UNLABELLED}) > 1:
        digest = _digest(photos, *photos.classes, *(str(file.label) for file in photos.files))
        found.append(ConceptSource("labels", photos.source, digest))
    if plan.words is not None:
        digest = _digest(photos, plan.words.digest)
        found.append(ConceptSource("file", plan.words.name, digest, file=plan.words))
    return found


def _digest(photos: Photos, *told_by: str) -> str:
    return hashlib.sha256("\n".join((photos.digest, *told_by)).encode()).hexdigest()
