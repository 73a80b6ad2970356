"""A study in Python: its cuts as a table, its ranking as a plot, its photos, classes and maps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from diamond_cutter.build.explained_study import class_sums, target_order
from diamond_cutter.build.measured_study import MeasuredCut, MeasuredStudy, read_studies
from diamond_cutter.command.configuration import load_studies, load_study
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.notebook import display_html
from diamond_cutter.notebook.data_frame import frame
from diamond_cutter.notebook.photo_classes import predict
from diamond_cutter.notebook.python_call import parse_call, run_command, stopped_in_a_line
from diamond_cutter.notebook.ranking_plot import RankingPlot
from diamond_cutter.notebook.study_parts import (
    LayerMap,
    StudyClass,
    StudyPhoto,
    class_attribution,
    read_map,
    target_name,
)
from diamond_cutter.precompute.stores.study.study_layout import Cut

if TYPE_CHECKING:
    from pandas import DataFrame

PHOTOS = 9
"""Photos of a class that are shown."""


@dataclass(frozen=True, eq=False)
class Study:
    """A finished study; `address` is its store's."""

    address: str
    _measured: MeasuredStudy

    @property
    def name(self) -> str:
        """The study's name."""
        return self._measured.study.name

    @property
    def classes(self) -> list[str]:
        """The classes, in order."""
        return self._measured.study.classes

    @property
    def cuts(self) -> "DataFrame":
        """A row a cut, the most accurate first.

        model, cut; accuracy, low, high: 0..1, with its 95 % interval; tied: whether the difference
        to the best may be chance; parameters; gflops, of a photo; latency, in seconds.
        """
        return _ranked(each.cut for each in self._measured.cuts)

    @property
    def photos(self) -> "DataFrame":
        """A row a photo, by index: path, label, width and height in pixels, explained.

        The last: whether it is known what the network looks at in it.
        """
        columns = ("path", "label", "width", "height")
        return frame(
            {name: getattr(photo, name) for name in columns}
            | {"explained": index in self._measured.looked}
            for index, photo in enumerate(self._measured.photos)
        )

    @property
    def ranking(self) -> RankingPlot:
        """All cuts by accuracy and cost."""
        return RankingPlot(self._measured)

    @property
    def recommended(self) -> tuple[str, str]:
        """The backbone and the cut that are recommended."""
        return self._measured.recommended.key

    @property
    def recommendation(self) -> str:
        """Which cut is recommended, and why, in words."""
        return self._measured.study.recommendation.sentence

    @property
    def maps(self) -> list[str]:
        """The layers that there are maps of."""
        return [each.layer for each in self._measured.mapped.maps]

    def photo(self, index: int) -> StudyPhoto:
        """A photo by its index; a `UserError` where there is none.

        By the recommended cut, or that which is explained where it is another.
        """
        count = len(self._measured.photos)
        if index not in range(count):
            raise UserError(
                f"study {self.name}: expected a photo of 0 to {count - 1}, got {index!r}; "
                "study.photos lists them"
            )
        cut, file = self._cut_shown(), self._measured.photos[index]
        share = np.asarray(cut.probability[index], np.float32)
        found = StudyPhoto(
            index=index,
            path=file.path,
            label=file.label,
            taken_for="" if np.isnan(share).any() else self.classes[int(share.argmax())],
            classes=tuple(self.classes),
            share=share,
            model=cut.cut.model,
            cut=cut.cut.cut,
            picture=np.asarray(self._measured.thumbnail[index], np.uint8),
        )
        return self._explained(found, index) if index in self._measured.looked else found

    def of_class(self, name: str) -> StudyClass:
        """A class by its name; a `UserError` where the study has none of that name."""
        if name not in self.classes:
            raise UserError(
                f"study {self.name}: expected a class, one of {', '.join(self.classes)}, "
                f"got {name!r}; name one of these"
            )
        label, cut = self.classes.index(name), self._cut_shown()
        explained = self._measured.explained
        sums = None if explained is None else class_sums(explained)[0]  # of the cut itself
        figures = cut.cut.metrics.classes[label]
        (where,) = np.nonzero(np.asarray(self._measured.label[:]) == label)
        return StudyClass(
            name=name,
            precision=figures.precision,
            recall=figures.recall,
            f1=figures.f1,
            model=cut.cut.model,
            cut=cut.cut.cut,
            attribution=None if sums is None else class_attribution(sums, label),
            count=figures.photos,
            photos=np.stack([np.asarray(self._measured.thumbnail[at]) for at in where[:PHOTOS]]),
        )

    def map(self, layer: str = "") -> LayerMap:
        """The map of a layer, left out: of the cut; a `UserError` where there is none."""
        mapped = self._measured.mapped
        named = (each for each in mapped.maps if each.layer == layer)
        found = next(named, None) if layer else mapped.first
        if found is None:
            raise UserError(
                f"study {self.name}: expected a map, one of {', '.join(self.maps) or 'none'}, got "
                f"{layer or 'none'}; make_study(..., activation_atlas_layers='stages') makes some"
            )
        return read_map(mapped, found)

    def export(self, output: str, model: str = "", cut: str = "") -> None:
        """Write a cut with its head to `output`, as `diamond export`.

        Left out: the recommended cut, or the best of those that bear the name given.
        """
        from diamond_cutter.precompute.study.export.study_classifier import choose_cut

        chosen = choose_cut(self._measured.study, model, cut)
        run_command("export", self.name, *chosen, output=output, store=self.address)

    def predict(self, photos: str, model: str = "", cut: str = "") -> "DataFrame":
        """The classes of new photos, as `diamond predict` writes them, a row a photo."""
        return predict(self.name, photos, model=model, cut=cut, store=self.address)

    def try_photo(self, photo: str, model: str = "", cut: str = "") -> StudyPhoto:
        """What a cut takes a new photo for, where, and by which channels, as `diamond try`."""
        from diamond_cutter.precompute.study.trial.photo_trial import PhotoTrial

        with stopped_in_a_line():
            trial = PhotoTrial(self.address, self.name, model, cut)
            tried = trial.ask(Path(photo))
        best = trial.classes[int(tried.probability.argmax())]
        return StudyPhoto(
            index=None,
            path=photo,
            label="",
            taken_for=best,
            classes=tuple(trial.classes),
            share=tried.probability,
            model=trial.model,
            cut=trial.cut,
            picture=display_html.decoded(tried.picture),
            target=best,
            heatmap=tried.layers[trial.cut].heatmap,
            attribution=tried.layers[trial.cut].attribution,
        )

    def _cut_shown(self) -> MeasuredCut:
        explained = self._measured.explained
        if explained is None:
            return self._measured.recommended
        return self._measured.by_key[explained.cuts[0].model, explained.cuts[0].cut]

    def _explained(self, photo: StudyPhoto, index: int) -> StudyPhoto:
        explained = self._measured.explained
        assert explained is not None  # noqa: S101
        cut = explained.cuts[0]
        seen = explained.photos(cut).read(index)
        view = seen.layers[cut.layers[-1].name]
        row = target_order(view)[0]
        return replace(
            photo,
            picture=display_html.decoded(seen.picture),
            target=target_name(cut, view.targets[row]),
            heatmap=view.heatmap[row],
            attribution=view.channel[row],
        )

    def __repr__(self) -> str:
        """What it is, in a line."""
        return f"{self.name}: {len(self._measured.photos)} photos, {len(self.classes)} classes"

    def _repr_html_(self) -> str:
        return display_html.block(
            display_html.heading(self),
            display_html.paragraph(self.recommendation),
            self.ranking._repr_html_(),
        )

    def _repr_png_(self) -> bytes:
        return self.ranking._repr_png_()


def open_study(name: str, *, store: str | None = None, config: str | None = None) -> Study:
    """A finished study; `store` is any fsspec address, left out: where the settings have it.

    Raises `UserError` if there is none of that name, or if it is damaged or of another version.
    """
    address = _store_of(name, store, config)
    found = {each.study.name: each for each in read_studies([address])}
    if name not in found:
        raise UserError(
            f"{address}: expected a study, one of {', '.join(found) or 'none'}, got {name!r}; "
            "name one of these, or make it with make_study"
        )
    return Study(address, found[name])


def make_study(name: str, *, config: str | None = None, **settings: object) -> Study:
    """Make a study, as `diamond study` does, and open it.

    `settings`: those of [study.NAME] and the tables in it, such as dataset, models, cuts, store,
    attribution_cuts. Stopped at any moment, the same call goes on from there. Raises `UserError` as
    the command does.
    """
    call = parse_call("study", name, config=config, **settings)
    if call.so_far:
        raise UserError("so_far: expected a study to make, got one to look at; call cuts_so_far")
    options = load_study(name, call)
    if options.training.head == "own":
        raise UserError(
            "head: expected heads that are trained, got 'own', which ranks no cuts; call "
            "network_answers with the same settings"
        )
    from diamond_cutter.precompute.study import study_run

    with stopped_in_a_line():
        made = study_run.make_study(name, options)
    return open_study(name, store=made.address, config=config)


def cuts_so_far(name: str, *, store: str | None = None, config: str | None = None) -> "DataFrame":
    """The cuts that are done of a study that is being made or was stopped, as `Study.cuts`.

    Raises `UserError` for a store that cannot be read.
    """
    from diamond_cutter.precompute.study.ranking_so_far import read_so_far

    return _ranked(read_so_far(_store_of(name, store, config), name).cuts)


def _store_of(name: str, store: str | None, config: str | None) -> str:
    options = parse_call("study", name, store=store, config=config)
    return store or load_studies(options).get(name, StudySettings()).store


def _ranked(cuts: Iterable[Cut]) -> "DataFrame":
    return frame(
        {
            "model": cut.model,
            "cut": cut.cut,
            "accuracy": cut.metrics.accuracy.value,
            "low": cut.metrics.accuracy.interval[0],
            "high": cut.metrics.accuracy.interval[1],
            "tied": cut.comparison.tied,
            "parameters": cut.cost.parameters,
            "gflops": cut.cost.gflops,
            "latency": cut.cost.latency,
        }
        for cut in cuts
    )
