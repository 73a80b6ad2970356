"""Whole studies, with real weights: what they say, and how unusual datasets are handled."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from demo_digits import draw
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AttributionSettings, StudySettings, TrainingSettings
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.features.feature_extraction import extract
from diamond_cutter.precompute.jobs import kept_speeds
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.jobs.kept_speeds import FADING, read_speeds
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.study import cut_cost
from diamond_cutter.precompute.study.cut_cost import Latency
from diamond_cutter.precompute.study.forecast.work_efforts import latency_effort
from diamond_cutter.precompute.study.study_run import make_study

CUTS = ("block3b_add", "block5c_add", "top_activation")
MODEL = "efficientnet-lite0"
Settings = Callable[..., StudySettings]


def quiet(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody reads."""


def write_photos(
    folder: Path, counts: Mapping[str, int], seed: int = 0, spread: float = 45
) -> Path:
    """Photos of soft random shapes, each class with a colour of its own.

    `spread` of the shapes' colours around that, of 255: how far classes run into each other.
    """
    generator = np.random.default_rng(seed)
    colours = generator.uniform(40, 215, (len(counts), 3))
    for colour, (name, count) in zip(colours, counts.items(), strict=True):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            shapes = generator.normal(0, spread, (7, 7, 3)) + colour
            photo = Image.fromarray(shapes.clip(0, 255).astype(np.uint8))
            photo.resize((96, 80), Image.Resampling.BICUBIC).save(folder / name / f"{number}.png")
    return folder


def write_digits(folder: Path, digits: int, each: int) -> Path:
    from sklearn.datasets import load_digits

    data = load_digits()
    for digit in range(digits):
        (folder / str(digit)).mkdir(parents=True)
        for number in np.flatnonzero(data.target == digit)[:each]:
            Image.fromarray(draw(data.images[number])).save(folder / str(digit) / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def features(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of features that all studies here share."""
    return str(tmp_path_factory.mktemp("features") / "features.zarr")


@pytest.fixture
def settings(tmp_path: Path, features: str) -> Settings:
    def make(dataset: Path, /, **changes: object) -> StudySettings:
        base = {
            "dataset": str(dataset),
            "models": (MODEL,),
            "cuts": CUTS[1:2],
            "store": str(tmp_path / "study.zarr"),
            "features": features,
            "cache": str(tmp_path / "cache"),
            "attribution": AttributionSettings(cuts=("none",)),
        }
        return StudySettings(**(base | changes))  # type: ignore[arg-type]

    return make


def test_a_study_agrees_with_scikit_learn_on_the_same_features_and_folds(
    tmp_path: Path, settings: Settings
) -> None:
    asked = settings(write_digits(tmp_path / "digits", 5, 16), cuts=CUTS)
    result = make_study("mine", asked, stream=io.StringIO())
    studies = study_reader.open_studies(asked.store)
    study = study_reader.read_study(studies, "mine")
    assert study.ranking == result.study.ranking
    assert study.dealings == 5
    assert study.recommendation.expected is not None
    learning = study.recommendation.expected.learning
    assert learning is not None
    assert learning.photos == pytest.approx([16, 32, 64], abs=1)
    group = study_reader.study_group(studies, "mine")
    fold = np.asarray(array(group, "photos/fold")[:])
    label = np.asarray(array(group, "photos/label")[:])
    dataset = read_dataset(asked, Path(asked.cache), quiet)
    networks = [(catalogue.network(MODEL), CUTS)]
    found = extract(networks, dataset.photos, asked, open_display(io.StringIO()))
    for cut in result.cuts:
        values = found.read(MODEL, cut.cut)[:, 0]
        expected = np.zeros((80, 5))
        for number, strength in enumerate(cut.strengths[:-1]):
            train, test = fold != number, fold == number
            scaler = StandardScaler().fit(values[train])
            usual = np.quantile(scaler.scale_[scaler.var_ > 0], 0.75)
            scaler.scale_ = np.where(scaler.var_ > 0, np.maximum(scaler.scale_, 0.1 * usual), 1)
            head = LogisticRegression(C=1 / strength, max_iter=3000, tol=1e-7)
            head.fit(scaler.transform(values[train]), label[train])
            expected[test] = head.predict_proba(scaler.transform(values[test]))
        there = study_reader.cut_group(group, MODEL, cut.cut)
        probability = np.asarray(array(there, "probability")[:])
        np.testing.assert_allclose(probability, expected, atol=0.02)
        accuracy = (expected.argmax(axis=1) == label).mean()
        low, high = cut.metrics.accuracy.interval
        assert low <= accuracy <= high
        right = (probability.argmax(axis=1) == label).mean()
        assert cut.metrics.accuracy.value == pytest.approx(right)
    best = max(cut.metrics.accuracy.value for cut in result.cuts)
    assert result.cuts[0].metrics.accuracy.value == best > 0.6
    recommended = result.study.recommendation
    [chosen] = [cut for cut in result.cuts if cut.cut == recommended.cut]
    assert chosen.comparison.tied
    expected_of_it = recommended.expected
    assert expected_of_it is not None
    assert expected_of_it.habit.cut == CUTS[-1]
    assert expected_of_it.habit.is_last
    assert abs(expected_of_it.accuracy.value - chosen.metrics.accuracy.value) < 0.05
    assert expected_of_it.neighbours.value > 0.5
    [saver] = [cut for cut in result.cuts if cut.cut == expected_of_it.saver.cut]
    assert saver.cost.gflops <= chosen.cost.gflops


def test_the_same_settings_give_the_same_study(tmp_path: Path, settings: Settings) -> None:
    asked = settings(write_photos(tmp_path / "photos", {"a": 6, "b": 6}))
    first = make_study("one", asked, stream=io.StringIO())
    assert study_reader.ranking_document(first.study, first.cuts, first.report)["groups"] == 12
    again = make_study("one", asked, stream=io.StringIO())
    assert [cut.metrics for cut in again.cuts] == [cut.metrics for cut in first.cuts]
    assert again.study.recommendation == first.study.recommendation
    other = make_study("two", asked, stream=io.StringIO())
    assert study_reader.names(study_reader.open_studies(asked.store)) == ["one", "two"]
    assert other.cuts[0].metrics == first.cuts[0].metrics


def test_the_speed_that_is_kept_of_latency_is_of_the_cuts_that_were_measured(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(_: object, cuts: list[str]) -> dict[str, Latency]:
        return {cut: Latency(0.01, 0.01, 8) for cut in cuts}

    monkeypatch.setattr(cut_cost, "measure_latency", measured)
    monkeypatch.setattr(kept_speeds, "LEAST", 0.0)
    photos = write_photos(tmp_path / "photos", {"a": 6, "b": 6})
    for cuts in (CUTS[1:2], CUTS[:2]):
        make_study("mine", settings(photos, cuts=cuts), stream=io.StringIO())
    speed = read_speeds(tmp_path / "cache")[f"latency: {MODEL}"]
    one = latency_effort(catalogue.describe(MODEL)[0], 1)
    assert speed.gflop == pytest.approx(FADING * one + one)


def test_a_class_of_one_photo_is_left_out_and_said_so(tmp_path: Path, settings: Settings) -> None:
    asked = settings(write_photos(tmp_path / "photos", {"a": 6, "b": 6, "lone": 1}))
    told = io.StringIO()
    result = make_study("mine", asked, stream=told)
    assert "  a       6  too few to be judged\n" in told.getvalue()
    assert "Left out: 1\n  lone/0.png: Its class has 1 different photo" in told.getvalue()
    assert result.study.classes == ["a", "b"]
    assert result.study.photos == 12
    expected = result.study.recommendation.expected
    assert expected is not None
    assert not expected.habit.is_last  # but one of the chosen cuts
    group = study_reader.study_group(study_reader.open_studies(asked.store), "mine")
    lone = [file for file in study_reader.read_report(group).files if file.label == "lone"]
    assert [file.outcome for file in lone] == ["reject"]


@pytest.mark.parametrize("counts", [{}, {"only": 12}, {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1}])
def test_what_no_study_can_be_made_of_is_refused_before_work(
    tmp_path: Path, settings: Settings, counts: dict[str, int]
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    asked = settings(write_photos(folder, counts))
    with pytest.raises(UserError) as raised:
        make_study("mine", asked, stream=io.StringIO())
    assert "\n" not in str(raised.value)
    assert str(raised.value).count(str(folder)) == 1
    assert not Path(asked.store).exists()


def test_a_few_photos_are_too_few_to_tell(tmp_path: Path, settings: Settings) -> None:
    asked = settings(write_photos(tmp_path / "photos", {"a": 2, "b": 2}), cuts=CUTS)
    result = make_study("mine", asked, stream=io.StringIO())
    assert result.study.folds == 4  # each photo is held out alone
    assert not result.study.recommendation.enough
    assert "too few" in result.study.recommendation.sentence


def test_three_hundred_classes(tmp_path: Path, settings: Settings) -> None:
    photos = write_photos(tmp_path / "photos", {f"{n:03}": 2 for n in range(300)}, spread=8)
    asked = settings(photos, cuts=CUTS[:1], folds=2)
    result = make_study("mine", asked, stream=io.StringIO())
    (cut,) = result.cuts
    assert len(cut.metrics.classes) == 300
    assert cut.metrics.accuracy.value > 10 / 300
    assert cut.metrics.top_k["5"] > cut.metrics.accuracy.value
    group = study_reader.study_group(study_reader.open_studies(asked.store), "mine")
    there = study_reader.cut_group(group, MODEL, cut.cut)
    assert int(np.asarray(array(there, "confusion")[:]).sum()) == 600


def test_photos_with_two_labels_stay_on_one_side(tmp_path: Path, settings: Settings) -> None:
    folder = write_photos(tmp_path / "photos", {"a": 6, "b": 6})
    (folder / "b" / "same.png").write_bytes((folder / "a" / "0.png").read_bytes())
    asked = settings(folder)
    result = make_study("mine", asked, stream=io.StringIO())
    assert result.study.photos == 13
    group = study_reader.study_group(study_reader.open_studies(asked.store), "mine")
    report = study_reader.read_report(group)
    (found,) = [each for each in report.duplicates if each.across == "classes"]
    assert sorted(found.paths) == ["a/0.png", "b/same.png"]
    fold = np.asarray(array(group, "photos/fold")[:])
    paths = [file.path for file in report.photos]
    assert fold[paths.index("a/0.png")] == fold[paths.index("b/same.png")]


def test_a_photo_in_the_wrong_folder_is_doubted(tmp_path: Path, settings: Settings) -> None:
    folder = write_photos(tmp_path / "photos", {"a": 14, "b": 14, "c": 3}, spread=20)
    (folder / "b" / "0.png").rename(folder / "a" / "of_b.png")
    result = make_study("mine", settings(folder), stream=io.StringIO())
    doubts = result.study.label_doubts
    assert doubts is not None
    assert doubts.cuts == [(MODEL, CUTS[1])]
    assert doubts.unknown == ["c"]  # of three photos
    (doubt,) = doubts.photos
    assert (doubt.path, doubt.given, doubt.suggested) == ("a/of_b.png", "a", "b")
    assert doubt.score > 0.9


def test_the_datasets_own_split_holds_out_its_test_photos(
    tmp_path: Path, settings: Settings
) -> None:
    write_photos(tmp_path / "photos" / "train", {"a": 8, "b": 8})
    write_photos(tmp_path / "photos" / "test", {"a": 3, "b": 4}, seed=5)
    asked = settings(tmp_path / "photos")
    result = make_study("mine", asked, stream=io.StringIO())
    assert (result.study.split, result.study.photos, result.study.held_out) == ("given", 23, 7)
    group = study_reader.study_group(study_reader.open_studies(asked.store), "mine")
    fold = np.asarray(array(group, "photos/fold")[:])
    report = study_reader.read_report(group)
    assert [file.split == "test" for file in report.photos] == (fold == 0).tolist()
    there = study_reader.cut_group(group, MODEL, CUTS[1])
    assert (
        np.isnan(np.asarray(array(there, "probability")[:])).any(axis=1).tolist()
        == (fold < 0).tolist()
    )


def test_heads_trained_by_keras_have_curves(tmp_path: Path, settings: Settings) -> None:
    training = TrainingSettings(head="keras", epochs=4, hidden_units=8, dropout=0.2)
    asked = settings(
        write_photos(tmp_path / "photos", {"a": 6, "b": 6}), folds=2, training=training
    )
    result = make_study("mine", asked, stream=io.StringIO())
    (cut,) = result.cuts
    assert result.study.dealings == 1  # they would take minutes
    assert [curve.fold for curve in cut.curves] == [0, 1]
    assert all(1 <= len(curve.loss) <= 4 for curve in cut.curves)
    group = study_reader.study_group(study_reader.open_studies(asked.store), "mine")
    head = study_reader.read_head(study_reader.cut_group(group, MODEL, CUTS[1]))
    assert [weight.shape[1] for weight, _ in head] == [8, 2]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"models": ("vgg16",)}, "no backbone 'vgg16'"),
        ({"models": (MODEL, MODEL)}, "each backbone once"),
        ({"cuts": ("block5c",)}, "did you mean 'block5c_add'"),
        ({"folds": 1}, "folds: expected 2 or more"),
        ({"seed": -1}, "seed: expected 0 or more"),
        ({"pooling": "mean"}, "pooling: expected one of"),
        ({"augment": ("spin",), "views": 1}, "augment: expected some of"),
        ({"training": TrainingSettings(head="svm")}, "'svm'"),
        ({"training": TrainingSettings(optimizer="adamm", head="keras")}, "'adamm'"),
        ({"dataset": "nowhere"}, "nowhere"),
    ],
)
def test_settings_that_cannot_hold_are_refused_before_work(
    tmp_path: Path, settings: Settings, changes: dict[str, object], expected: str
) -> None:
    asked = settings(write_photos(tmp_path / "photos", {"a": 3, "b": 3}), **changes)
    with pytest.raises(UserError, match=expected):
        make_study("mine", asked, stream=io.StringIO())
    assert not Path(asked.store).exists()
