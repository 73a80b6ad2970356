"""A photo tried on a cut of a study: its class, where the network sees that, by which channels.

What is asked of the network is what a photo's page shows, by the head that all photos trained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution.attribution_selection import select_layers
from diamond_cutter.precompute.attribution.attribution_task import seen_image
from diamond_cutter.precompute.attribution.attributor import Attributor
from diamond_cutter.precompute.photos.images.image_decoding import UnreadableError, decode
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.study.export.study_classifier import choose_cut, load_cut

STRONGEST = 8
"""Channels of a layer that are told, those that count most for or against."""
OWN = 1
"""The place of the class that a photo is taken for among the targets of an answer."""


@dataclass(frozen=True, eq=False)
class SeenLayer:
    """What a layer gives to the logit of the class that a photo is taken for.

    `heatmap` (R, Q) float32: of each cell, in logits; `attribution` (C,) float32: of each channel;
    `total`: of all; `channels`: those that count most, each with its contribution, the largest
    first, whether for or against.
    """

    heatmap: NDArray[np.float32]
    attribution: NDArray[np.float32]
    total: float
    channels: list[tuple[int, float]]


@dataclass(frozen=True, eq=False)
class TriedPhoto:
    """A photo as a cut sees it.

    `probability` (K,) float32; `picture`: WebP, the photo as the network sees it, stretched to a
    square; `layers` by name, in depth order, the last of them the cut.
    """

    probability: NDArray[np.float32]
    picture: bytes
    layers: Mapping[str, SeenLayer]


class PhotoTrial:
    """A cut of a study, loaded once, that any photos can be tried on."""

    def __init__(self, store: str, study: str, model: str = "", cut: str = "") -> None:
        """Load the network and its head; `model`, `cut`: empty for the recommended ones.

        Raises `UserError` for a study or a cut that is not there, and for weights that are absent
        or others than those that the heads were trained on.
        """
        self._place = store, study
        self._made = self._attributes()
        known = study_reader.read_study(study_reader.open_studies(store), study)
        loaded = load_cut(store, study, *choose_cut(known, model, cut))
        wanted = known.settings.get("attribution", {}).get("layers", AttributionSettings().layers)
        layers = select_layers(wanted, loaded.backbone, loaded.cut.cut)
        self.study, self.model, self.cut = study, loaded.cut.model, loaded.cut.cut
        self.classes = list(known.classes)
        self.layers = [layer.name for layer in layers]
        self._range = loaded.report.value_range
        self._head = loaded.head
        pooling = known.settings["pooling"]
        self._attributor = Attributor(loaded.backbone, self.layers, pooling, batch=1)
        self._ask(np.zeros((self._attributor.size, self._attributor.size, 3), np.float32))

    def is_current(self) -> bool:
        """Whether the study is still the one that was loaded; it may have been made anew."""
        return self._attributes() == self._made

    def _attributes(self) -> dict[str, Any]:
        """What a study turns to when it is finished."""
        store, study = self._place
        studies = study_reader.open_studies(store)
        return dict(studies[study].attrs) if study in studies else {}

    def ask(self, photo: Path) -> TriedPhoto:
        """Ask about a photo. Raises `UserError` for a file of which none can be made."""
        try:
            image = decode(photo, self._range).image
        except (OSError, UnreadableError) as error:
            raise UserError(f"{photo}: expected a photo, got: {error} Name another one") from error
        prepared, picture = seen_image(image, self._attributor.size)
        probability, layers = self._ask(prepared)
        return TriedPhoto(probability, picture, layers)

    def _ask(self, image: NDArray[np.float32]) -> tuple[NDArray[np.float32], dict[str, SeenLayer]]:
        unknown = np.array([-1], np.int32)
        logits, answers = self._attributor.ask(image[None], unknown, self._head)
        layers = {}
        for name, answer in answers.items():
            given = answer.arrays["channel"][0, OWN]
            first = np.argsort(-np.abs(given), kind="stable")[:STRONGEST]
            layers[name] = SeenLayer(
                heatmap=answer.arrays["heatmap"][0, OWN],
                attribution=given,
                total=float(answer.arrays["total"][0, OWN]),
                channels=[(int(channel), float(given[channel])) for channel in first],
            )
        return softmax(logits[0]), layers
