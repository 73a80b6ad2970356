"""What a study is going to do and how long it takes, told without doing any of it."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import zarr

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.activation_atlas.map_forecast import START
from diamond_cutter.precompute.attribution.attribution_selection import photo_count
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features.feature_extraction import CUT_BYTES, missing_photos
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.jobs.kept_speeds import describe_processor
from diamond_cutter.precompute.jobs.machine_speed import MachineSpeed, machine_speed
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.study.cross_validation import Sample, take_sample
from diamond_cutter.precompute.study.cut_cost import known_latencies
from diamond_cutter.precompute.study.forecast.work_efforts import (
    explanation_efforts,
    gflops_of,
    heads_effort,
    latency_effort,
    map_efforts,
)
from diamond_cutter.precompute.study.study_plan import (
    LATENCIES,
    PHOTO_BYTES,
    check_settings,
    select_cuts,
)

LOADING = 5.0
"""Seconds that a network takes to be loaded and traced."""
OTHER = 0.5
"""How often the recommended cut is not the best of its backbone, about."""
EXPLAINED_BYTES = 350_000
"""About what a study keeps of a photo that is explained, of each cut."""
FETCHED = ("keras.applications", "lucid")
"""Sources whose weights are downloaded when they are first used."""
STEPS = ("download", "features", "latency", "heads", "attribution", "maps")


@dataclass(frozen=True)
class ModelForecast:
    """A backbone of a study that is planned.

    `weights`: "here" or "absent"; `download_bytes`: 0 where they are here, None where they are not
    known, or do not come by themselves. `cuts`: in depth order, empty where they are not known
    before the weights are here. `photos_cached`: of how many all that heads read is there.
    `known`: "measured" where earlier runs here tell how fast it is, else "estimated". `seconds`: by
    step.
    """

    model: str
    weights: str
    download_bytes: int | None
    parameters: int | None
    gflops: float | None
    cuts: list[str]
    photos_cached: int
    photos_missing: int
    known: str
    seconds: dict[str, float]


@dataclass(frozen=True)
class StepForecast:
    """A step of `STEPS`: `seconds`, None for a download; `bytes` of that, else None."""

    step: str
    seconds: float | None
    bytes: int | None


@dataclass(frozen=True)
class StudyForecast:
    """What a study will do. `problem`: why no study can be made, in a line; empty if one can.

    `seconds`: of all steps but the download, `disk_bytes`: what is going to be stored;
    `measured_by`: from what the seconds are known, in sentences.
    """

    study: str
    photos: int
    classes: dict[str, int]
    problem: str
    models: list[ModelForecast]
    steps: list[StepForecast]
    seconds: float
    download_bytes: int
    disk_bytes: int
    machine: str
    measured_by: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What all models are asked alike; `is_explained`: what cuts look at is there already."""

    settings: StudySettings
    dataset: Dataset
    sample: Sample
    speed: MachineSpeed
    is_explained: bool


def forecast_study(name: str, settings: StudySettings) -> StudyForecast:
    """What `make_study` would do with the settings, and how long it would take here.

    The photos are looked into, as `diamond check-data` does; nothing else is made. Raises
    `UserError` for settings that can't hold.
    """
    store_address = check_settings(settings)
    display = open_display(sys.stderr)
    try:
        steps = StepProgress(display)
        dataset = read_dataset(settings, Path(settings.cache), show_reading(steps))
    finally:
        display.close()
    cuts = _planned_cuts(settings)
    speed = machine_speed(Path(settings.cache), settings.workers)
    problem, models, maps = dataset.report.problem, [], 0.0
    if not problem:
        by_keras = settings.training.head == "keras"
        sample = take_sample(dataset, settings.folds, settings.seed, once=by_keras)
        is_explained = _is_made(store_address.find(), name, settings, dataset.report)
        asked = _Asked(settings, dataset, sample, speed, is_explained)
        models = [_forecast_model(asked, *catalogue.describe(each), cuts[each]) for each in cuts]
        maps = 0.0 if is_explained else _maps(asked, cuts)
    seconds = {
        step: sum(each.seconds.get(step, 0.0) for each in models) for step in STEPS[1:-1]
    } | {"maps": maps}
    download = sum(each.download_bytes or 0 for each in models)
    return StudyForecast(
        study=name,
        photos=len(dataset.photos),
        classes=dataset.report.classes,
        problem=problem,
        models=models,
        steps=[
            StepForecast("download", None, download),
            *(StepForecast(step, round(value, 1), None) for step, value in seconds.items()),
        ],
        seconds=round(sum(seconds.values()), 1),
        download_bytes=download,
        disk_bytes=_disk(settings, dataset, models),
        machine=describe_processor(),
        measured_by=sorted(speed.sources),
    )


def _planned_cuts(settings: StudySettings) -> dict[str, list[Layer]]:
    """The cuts of each backbone; none where they are not known before its weights are here."""
    layers = {}
    for name in settings.models:
        entry = catalogue.find(name)
        if entry.weights_are_here() and entry.model.parameters is None:
            entry.load()  # the user's own files, and Lucid's, tell their figures only then
        found = entry.known_layers() or entry.layers()
        if any(layer.is_cut for layer in found):
            layers[name] = found
    chosen = dict(zip(layers, select_cuts(layers, settings.cuts), strict=True))
    return {name: chosen.get(name, []) for name in settings.models}


def _forecast_model(asked: _Asked, model: Model, here: bool, cuts: list[Layer]) -> ModelForecast:
    settings, speed = asked.settings, asked.speed
    names = [layer.name for layer in cuts]
    total = len(asked.dataset.photos)
    missing = total
    if here and cuts:
        network = Network(model.name, catalogue.find(model.name).weights_digest())
        missing = missing_photos(network, names, asked.dataset.photos, settings)
    noun = "views" if settings.views else "photos"
    passed = missing * (1 + settings.views) * gflops_of(model) * _depth(model.name, cuts)
    features, is_known = speed.seconds(f"features, {noun}", model.name, passed)
    timed = set(names) - known_latencies(model.name, Path(settings.cache) / LATENCIES)
    latency, _ = speed.seconds("latency", model.name, latency_effort(model, len(timed)))
    effort = heads_effort(asked.sample, [layer.channels for layer in cuts], settings)
    heads, _ = speed.seconds("heads", settings.training.head, effort)
    seconds = {
        "features": LOADING + features if missing else 0.0,
        "latency": LOADING + latency if timed else 0.0,
        "heads": heads,
        "attribution": _explanation(asked, model, names),
    }
    return ModelForecast(
        model=model.name,
        weights="here" if here else "absent",
        download_bytes=0 if here else _download(model),
        parameters=model.parameters,
        gflops=model.gflops,
        cuts=names,
        photos_cached=total - missing,
        photos_missing=missing,
        known="measured" if is_known else "estimated",
        seconds={step: round(value, 1) for step, value in seconds.items()},
    )


def _explanation(asked: _Asked, model: Model, names: Sequence[str]) -> float:
    """The seconds that what the model's cuts look at takes: of its best one, or of those named."""
    chosen = asked.settings.attribution.cuts
    count = float(sum(name in chosen for name in names))
    if "best" in chosen:  # the recommended one may be another than its backbone's best
        count += 1 + OTHER / len(asked.settings.models)
    if asked.is_explained or not count:
        return 0.0
    held_out = int(asked.sample.held_out.sum())
    classes = len(asked.sample.classes)
    efforts = explanation_efforts(model, asked.settings, held_out, classes)
    return count * sum(
        LOADING + asked.speed.seconds(work, model.name, effort)[0]
        for work, effort in efforts.items()
    )


def _maps(asked: _Asked, cuts: Mapping[str, list[Layer]]) -> float:
    """The seconds that maps take, of the network that is likeliest recommended."""
    models = [catalogue.describe(name)[0] for name in cuts]
    likely = max(models, key=lambda model: (model.top1 or 0.0, gflops_of(model)))
    held_out = int(asked.sample.held_out.sum())
    efforts = map_efforts(likely, cuts[likely.name], asked.settings.activation_atlas, held_out)
    return sum(
        START + asked.speed.seconds(work, likely.name, effort)[0]
        for work, effort in efforts.items()
        if effort
    )


def _depth(name: str, cuts: Sequence[Layer]) -> float:
    """How much of a network lies up to the deepest of some cuts, about: a share of its layers."""
    layers = [layer for layer in catalogue.find(name).known_layers() if layer.is_cut]
    if not layers or not cuts:
        return 1.0
    return (cuts[-1].index + 1) / (max(layers[-1].index, cuts[-1].index) + 1)


def _download(model: Model) -> int | None:
    """The bytes of weights that come by themselves: those of 32-bit floats."""
    if model.source not in FETCHED or model.parameters is None:
        return None
    return 4 * model.parameters


def _is_made(
    studies: zarr.Group | None, name: str, settings: StudySettings, report: Report
) -> bool:
    """Whether the study is finished, of the same settings, photos and classes."""
    if studies is None or name not in study_reader.names(studies):
        return False
    study = study_reader.read_study(studies, name)
    if study.settings != json.loads(json.dumps(asdict(settings))):
        return False
    before = study_reader.read_report(study_reader.study_group(studies, name))
    photos = [[(file.digest, file.label) for file in each.photos] for each in (before, report)]
    return photos[0] == photos[1]


def _disk(settings: StudySettings, dataset: Dataset, models: Sequence[ModelForecast]) -> int:
    """About what is going to be stored."""
    features = sum(each.photos_missing * len(each.cuts) * CUT_BYTES for each in models)
    photos = len(dataset.photos)
    explained = min(photo_count("photos", settings.attribution.photos) or photos, photos)
    shown = sum(each.seconds["attribution"] > 0 for each in models)
    return (
        features * (1 + settings.views) + photos * PHOTO_BYTES + explained * shown * EXPLAINED_BYTES
    )
