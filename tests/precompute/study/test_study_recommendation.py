import re
from dataclasses import replace

import numpy as np
import pytest

from diamond_cutter.precompute.stores.study.study_layout import (
    Baseline,
    Calibration,
    ClassFigures,
    Comparison,
    Cost,
    Cut,
    Measured,
    Metrics,
    Recommendation,
)
from diamond_cutter.precompute.study import study_text
from diamond_cutter.precompute.study.recommendation import RUNNERS_UP, rank, recommend
from diamond_cutter.precompute.study.resampling import wilson

THIN = "\N{NARROW NO-BREAK SPACE}"


def make_cut(
    where: str,
    accuracy: float,
    gflops: float,
    low: float,
    *,
    tied: bool = True,
    best: float = 0.871,
    photos: tuple[int, ...] = (90, 90, 90, 90, 90),
    parameters: int = 1_234_567,
) -> Cut:
    model, name = where.split(" ")
    figure = Measured(accuracy, wilson(accuracy, sum(photos)))
    classes = [
        ClassFigures(f"class {i}", n, 0.5, 0.5, 0.5, (0.4, 0.6)) for i, n in enumerate(photos)
    ]
    difference = accuracy - best
    return Cut(
        model=model,
        cut=name,
        index=int("".join(filter(str.isdigit, name))),
        features=10,
        strengths=[1.0],
        metrics=Metrics(figure, figure, figure, figure, {}, Calibration(0.1, []), classes),
        comparison=Comparison(
            difference, (low, 0.0 if tied else -0.01), 0.5 if tied else 0.01, tied
        ),
        cost=Cost(parameters, gflops, 4_900_000, 0.0123, 0.004, 32),
        curves=[],
    )


def baselines(colour: float = 0.52, majority: float = 0.2, number: int = 450) -> list[Baseline]:
    return [
        Baseline("chance", Measured(0.2, (0.2, 0.2))),
        Baseline("majority", Measured(majority, wilson(majority, number))),
        Baseline("colour", Measured(colour, wilson(colour, number))),
    ]


def lite() -> list[Cut]:
    return [
        make_cut("lite0 block_5", 0.86, 0.48, -0.04),
        make_cut("lite0 block_2", 0.61, 0.2, -0.3, tied=False),
        make_cut("lite0 top_9", 0.85, 0.77, -0.05),
        make_cut("lite2 block_6", 0.871, 2.104, -0.02),
        make_cut("lite2 top_9", 0.80, 3.0, -0.1, tied=False),
        make_cut("lite1 block_6", 0.868, 1.1, -0.03),
    ]


def plainly(text: str) -> str:
    return text.replace(THIN, " ")


def reasons_of(recommendation: Recommendation) -> list[str]:
    return [plainly(reason) for reason in recommendation.reasons]


def test_cheapest_tied_cut_is_recommended() -> None:
    found = recommend(lite(), baselines())
    assert (found.model, found.cut, found.enough) == ("lite0", "block_5", True)
    assert plainly(found.sentence) == (
        "Cut lite0 at block_5: 86.0 % (82.5 to 88.9) of held-out photos right, at 0.48 GFLOPs a "
        "photo. The best cut, lite2 at block_6, reaches 87.1 % at 2.1 GFLOPs: a difference of 1.1 "
        "points, which may be chance. The last cut of lite0, top_9, where people cut by default, "
        "gets 85.0 % at 0.77 GFLOPs."
    )
    assert reasons_of(found) == [
        "The 6 cuts were compared over the same photos: 4 of them can't be told from the best, and "
        "this is the cheapest of those.",
        "It may lie up to 4.0 points below the truly best cut, as far as these photos tell.",
        "It needs 23 % of the GFLOPs of the best cut, lite2 at block_6.",
        "With its head it has 1.23 million parameters, 4.9 MB, and takes 12.3 ms for a photo on "
        "the machine of this study.",
        "Right without a network: guessing 20.0 %, always naming the largest class 20.0 % and a "
        "head on colour histograms alone 52.0 %.",
    ]
    assert [(each.model, each.cut, plainly(each.reason)) for each in found.runners_up] == [
        (
            "lite2",
            "block_6",
            "The best cut: 87.1 % right, 1.1 points more, for 4.4 times the GFLOPs.",
        ),
        (
            "lite0",
            "top_9",
            "The last cut of lite0, where people cut by default: 85.0 % right, 1.0 points less, "
            "for 1.6 times the GFLOPs.",
        ),
        (
            "lite0",
            "block_2",
            "The best of those that cost less: 61.0 % right, 25.0 points less, for 42 % of the "
            "GFLOPs; worse than the best cut by more than chance.",
        ),
        (
            "lite1",
            "block_6",
            "The best cut of lite1: 86.8 % right, 0.8 points more, for 2.3 times the GFLOPs.",
        ),
    ]


def test_order_of_the_cuts_does_not_matter() -> None:
    assert recommend(lite()[::-1], baselines()) == recommend(lite(), baselines())


def test_best_cut_by_more_than_chance() -> None:
    cuts = [make_cut("lite0 b_1", 0.871, 1, -0.02), make_cut("lite0 b_2", 0.6, 2, -0.3, tied=False)]
    found = recommend(cuts, baselines())
    assert (found.cut, found.enough) == ("b_1", True)
    assert plainly(found.sentence) == (
        "Cut lite0 at b_1: 87.1 % (83.7 to 89.9) of held-out photos right, at 1 GFLOPs a photo. It "
        "is the best cut, by more than chance. The last cut of lite0, b_2, where people cut by "
        "default, gets 60.0 % at 2 GFLOPs."
    )
    assert reasons_of(found)[0] == (
        "The 2 cuts were compared over the same photos: this is better than any other by more "
        "than chance."
    )


def test_best_cut_is_also_the_cheapest_and_the_last() -> None:
    cuts = [make_cut("lite0 b_7", 0.871, 1, -0.02), make_cut("lite1 b_2", 0.86, 2, -0.03)]
    assert plainly(recommend(cuts, baselines()).sentence) == (
        "Cut lite0 at b_7: 87.1 % (83.7 to 89.9) of held-out photos right, at 1 GFLOPs a photo. It "
        "is the best cut; those that may be as good cost more."
    )


def test_best_cut_is_the_last_of_the_same_backbone() -> None:
    cuts = [make_cut("lite0 b_2", 0.86, 1, -0.03), make_cut("lite0 b_7", 0.871, 2, -0.02)]
    assert plainly(recommend(cuts, baselines()).sentence) == (
        "Cut lite0 at b_2: 86.0 % (82.5 to 88.9) of held-out photos right, at 1 GFLOPs a photo. "
        "The best cut, lite0 at b_7, the last of its backbone, reaches 87.1 % at 2 GFLOPs: a "
        "difference of 1.1 points, which may be chance."
    )


def test_only_cut() -> None:
    found = recommend([make_cut("lite0 b_7", 0.871, 1, -0.02)], baselines())
    assert plainly(found.sentence) == (
        "Cut lite0 at b_7: 87.1 % (83.7 to 89.9) of held-out photos right, at 1 GFLOPs a photo. It "
        "is the only cut of this study."
    )
    assert found.runners_up == []


def test_too_few_photos() -> None:
    few = (12, 8, 9, 8, 8)
    cuts = [
        make_cut("lite0 b_1", 0.61, 0.1, -0.45, best=0.8, photos=few),
        make_cut("lite0 b_2", 0.8, 2, -0.2, best=0.8, photos=few),
        make_cut("lite0 b_3", 0.7, 3, -0.3, best=0.8, photos=few),
    ]
    found = recommend(cuts, baselines(number=45))
    assert (found.cut, found.enough) == ("b_1", False)
    assert plainly(found.sentence) == (
        "45 held-out photos are too few to tell which cut is best. The cheapest cut that may be "
        "the best is lite0 at b_1, with 61.0 % (46.4 to 73.8) right, at 0.1 GFLOPs a photo. It is "
        "not shown to beat a head on colour histograms alone, which gets 52.0 %. The best in this "
        "study, lite0 at b_2, gets 80.0 % (66.2 to 89.1). The last cut of lite0, b_3, where people "
        "cut by default, gets 70.0 % at 3 GFLOPs. About 85 held-out photos would be needed."
    )
    assert reasons_of(found)[-1] == (
        'Classes of fewer than 10 held-out photos can\'t be judged alone: "class 1" (8), '
        '"class 2" (9), "class 3" (8) and "class 4" (8).'
    )
    assert "The interval of its accuracy is 27.4 points wide; more than 20 say little." in (
        reasons_of(found)
    )


def test_many_photos_that_still_cannot_tell() -> None:
    """A cut that did far worse may be the best: it is named, and that it is no sure thing."""
    cuts = [make_cut("lite0 b_1", 0.80, 0.1, -0.15), make_cut("lite0 b_2", 0.871, 2, -0.02)]
    found = recommend(cuts, baselines())
    assert (found.cut, found.enough) == ("b_1", False)
    assert plainly(found.sentence).startswith(
        "450 held-out photos are too few to tell which cut is best. The cheapest cut that may be"
    )
    # 7.1 points apart where 7.9 could be told: (7.9 / 7.1)^2 times as many
    assert plainly(found.sentence).endswith("About 560 held-out photos would be needed.")


def test_nothing_beats_colours() -> None:
    cuts = [make_cut("lite0 b_1", 0.871, 1, -0.02), make_cut("lite0 b_2", 0.86, 0.8, -0.03)]
    found = recommend(cuts, baselines(colour=0.9))
    assert (found.cut, found.enough) == ("b_2", False)
    assert plainly(found.sentence) == (
        "No cut is shown to beat a head on colour histograms alone, which gets 90.0 % of held-out "
        "photos right: the best cut, lite0 at b_1, gets 87.1 % (83.7 to 89.9). The cheapest cut "
        "that may be the best is lite0 at b_2, with 86.0 % (82.5 to 88.9) right, at 0.8 GFLOPs a "
        "photo."
    )


def test_best_cut_is_no_better_than_the_largest_class() -> None:
    found = recommend([make_cut("lite0 b_1", 0.871, 1, -0.02)], baselines(majority=0.86))
    assert not found.enough
    assert plainly(found.sentence) == (
        "No cut is shown to beat always naming the largest class, which gets 86.0 % of held-out "
        "photos right: the best cut, lite0 at b_1, gets 87.1 % (83.7 to 89.9)."
    )


def test_one_photo() -> None:
    cut = make_cut("lite0 b_1", 1.0, 1, -0.8, best=1.0, photos=(1, 0))
    found = recommend([cut], baselines(number=1))
    assert not found.enough
    assert plainly(found.sentence) == (
        "No cut is shown to beat a head on colour histograms alone, which gets 52.0 % of held-out "
        "photos right: the best cut, lite0 at b_1, gets 100.0 % (20.7 to 100.0). 1 held-out photo "
        "is too few to tell how good a cut is. About 16 held-out photos would be needed."
    )


def test_number_of_runners_up_and_no_cut_twice() -> None:
    cuts = [make_cut(f"lite{model} b_{cut}", 0.87 - cut / 1000, 1 + model + cut / 10, -0.03)
            for model in range(8) for cut in range(4)]  # fmt: skip
    runners = recommend(cuts, baselines()).runners_up
    places = [(each.model, each.cut) for each in runners]
    assert len(set(places)) == len(places) == RUNNERS_UP
    assert ("lite0", "b_0") not in places


def test_names_of_classes_keep_to_the_line() -> None:
    cut = make_cut("lite0 b_1", 0.871, 1, -0.02, photos=(440, 7, 3))
    classes = [
        replace(each, name=name)
        for each, name in zip(
            cut.metrics.classes, ["many", "two\nlines\x1b[2J", "наука"], strict=True
        )
    ]
    cut = replace(cut, metrics=replace(cut.metrics, classes=classes))
    assert reasons_of(recommend([cut], baselines()))[-1] == (
        "Classes of fewer than 10 held-out photos can't be judged alone: "
        '"two\\nlines\\x1b[2J" (7) and "наука" (3).'
    )


def test_equally_good_cuts_are_ranked_by_their_cost() -> None:
    cuts = [
        make_cut("b c_1", 0.8, 2, -0.1),
        make_cut("a c_2", 0.8, 1, -0.1, parameters=9),
        make_cut("a c_1", 0.9, 3, -0.1),
        make_cut("c c_1", 0.8, 1, -0.1, parameters=8),
    ]
    assert [each.model + each.cut for each in rank(cuts)] == ["ac_1", "cc_1", "ac_2", "bc_1"]


@pytest.mark.parametrize("number", range(1, 60, 7))
def test_sentences_are_well_formed(number: int) -> None:
    """Whatever the figures: no double spaces, no half sentences, no numbers that can't be."""
    generator = np.random.default_rng(number)
    photos = tuple(int(each) for each in generator.integers(1, 2 * number + 2, size=4))
    accuracies = np.sort(generator.integers(0, sum(photos) + 1, size=5))[::-1] / sum(photos)
    cuts = [
        make_cut(
            f"net{place % 2} b_{place}",
            float(accuracy),
            float(10.0 ** generator.uniform(-4, 4)),
            float(accuracy - accuracies[0] - 0.1),
            tied=bool(place < 3),
            best=float(accuracies[0]),
            photos=photos,
        )
        for place, accuracy in enumerate(accuracies)
    ]
    found = recommend(cuts, baselines(number=sum(photos)))
    for text in [found.sentence, *found.reasons, *(each.reason for each in found.runners_up)]:
        assert "  " not in text
        assert text.endswith(".")
        assert not re.search(r"nan|inf|e[+-]\d|\.\.|-\d| ,|\b1 held-out photos|\bNone\b", text)
        assert text[0].isupper() or text[0].isdigit()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "less than 0.001 GFLOPs"),
        (0.00123, "0.00123 GFLOPs"),
        (0.4812, "0.481 GFLOPs"),
        (12.345, "12.3 GFLOPs"),
        (999.7, "1000 GFLOPs"),
        (1234.5, "1234 GFLOPs"),
    ],
)
def test_operations(value: float, text: str) -> None:
    assert study_text.gflops(value) == text


def test_lists_and_counts() -> None:
    assert study_text.listed(["a"]) == "a"
    assert study_text.listed(["a", "b", "c"]) == "a, b and c"
    assert study_text.listed(list("abcdefgh")) == "a, b, c, d, e and 3 more"
    assert plainly(study_text.count(1, "photo")) == "1 photo"
    assert plainly(study_text.count(12_345, "photo")) == "12 345 photos"
    assert study_text.count(2, "class", "classes") == "2 classes"
    assert [study_text.rounded_up(each) for each in (7.2, 41, 561, 12_001)] == [8, 41, 570, 13_000]
    assert study_text.points(-0.0004) == "less than 0.1 points"
