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
    Curve,
    Cut,
    Expected,
    Habit,
    Measured,
    Metrics,
    Recommendation,
    Saver,
)
from diamond_cutter.precompute.study import study_text
from diamond_cutter.precompute.study.recommendation.recommendation_text import (
    RUNNERS_UP,
    rank,
    recommend,
)
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


def find(cuts: list[Cut], name: str) -> Cut:
    return next(cut for cut in cuts if name in (cut.cut, f"{cut.model} {cut.cut}"))


def answer(
    cuts: list[Cut],
    chosen: str,
    saver: str = "",
    habit: str = "",
    gain: float = 0.012,
    loss: float = 0.004,
    given: list[Baseline] | None = None,
    *,
    is_last: bool = True,
    groups: int = 10_000,
) -> Recommendation:
    """The recommendation of a cut, its accuracy half a point lower than it was measured."""
    one = find(cuts, chosen)
    cheap, last = find(cuts, saver or chosen), find(cuts, habit or chosen)
    figure = one.metrics.accuracy
    expected = Expected(
        accuracy=Measured(figure.value - 0.005, figure.interval),
        habit=Habit(last.model, last.cut, last.metrics.accuracy, is_last),
        gain=Measured(gain, (gain - 0.02, gain + 0.02)),
        saver=Saver(cheap.model, cheap.cut, Measured(loss, (loss - 0.015, loss + 0.015))),
        tolerance=0.01,
        neighbours=Measured(0.7, (0.65, 0.75)),
    )
    return recommend(one, cuts, given or baselines(), expected, groups)


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


def test_the_most_accurate_cut_is_recommended_with_its_gain_and_a_saver() -> None:
    found = answer(lite(), "lite2 block_6", "block_5", "lite2 top_9", gain=0.071)
    assert (found.model, found.cut, found.enough) == ("lite2", "block_6", True)
    assert plainly(found.sentence) == (
        "Cut lite2 at block_6: 86.6 % (83.7 to 89.9) of new photos are expected to be right, at "
        "2.1 GFLOPs a photo. That is 7.1 points more (5.1 to 9.1) than at the last cut of lite2, "
        "where people cut by default. The saver, lite0 at block_5, needs 23 % of the GFLOPs and is "
        "expected to lose 0.4 points (\N{MINUS SIGN}1.1 to 1.9)."
    )
    assert reasons_of(found) == [
        "The 6 cuts were compared over the same photos: 4 of them can't be told from the best.",
        "Of held-out photos it got 87.1 % (83.7 to 89.9) right. A cut that was picked by such a "
        "figure looks better than it is, and heads of folds are worse than that of all photos; "
        "what is expected allows for both.",
        "With its head it has 1.23 million parameters, 4.9 MB, and takes 12.3 ms for a photo on "
        "the machine of this study.",
        "Right without a network: guessing 20.0 %, always naming the largest class 20.0 % and a "
        "head on colour histograms alone 52.0 %.",
        "Right without a head, by the nearest neighbours at this cut: 70.0 % (65.0 to 75.0).",
        "Right at the last cut of each network: lite2 80.0 %, lite1 86.8 % and lite0 85.0 %.",
    ]
    assert [(each.model, each.cut, plainly(each.reason)) for each in found.runners_up] == [
        ("lite0", "block_5", "The saver: 86.0 % right, 1.1 points less, for 23 % of the GFLOPs."),
        (
            "lite2",
            "top_9",
            "The last cut of lite2, where people cut by default: 80.0 % right, 7.1 points less, "
            "for 1.4 times the GFLOPs; worse than the best cut by more than chance.",
        ),
        (
            "lite1",
            "block_6",
            "The best of those that cost less: 86.8 % right, 0.3 points less, for 52 % of the "
            "GFLOPs.",
        ),
    ]


def test_the_last_of_the_chosen_cuts_is_called_that() -> None:
    found = answer(lite(), "lite2 block_6", "block_5", "lite2 top_9", gain=0.071, is_last=False)
    assert "more (5.1 to 9.1) than at the last of the cuts of lite2 that this study was to" in (
        plainly(found.sentence)
    )
    assert any("The last of the cuts of lite2 that" in each.reason for each in found.runners_up)
    said = " ".join([found.sentence, *found.reasons, *(each.reason for each in found.runners_up)])
    assert "where people cut by default" not in said
    assert "Right at the last cut tried of each network: lite2" in said


def test_order_of_the_cuts_does_not_matter() -> None:
    cuts = lite()
    assert answer(cuts[::-1], "block_5") == answer(cuts, "block_5")


def test_the_habit_is_recommended_and_nothing_was_gained() -> None:
    found = answer(lite(), "lite0 top_9")
    assert found.enough
    assert plainly(found.sentence) == (
        "Cut lite0 at top_9: 84.5 % (81.4 to 88.0) of new photos are expected to be right, at "
        "0.77 GFLOPs a photo. That is the last cut of lite0, where people cut by default: nothing "
        "was gained by trying others. The saver is the same: no cheaper cut is expected to lose "
        "less than 1.0 points."
    )
    assert reasons_of(found)[2:4] == [
        "The highest of all, 87.1 %, came out at lite2 at block_6; log loss and the cuts beside "
        "it don't bear that out.",
        "It may lie up to 5.0 points below the truly best cut, as far as these photos tell.",
    ]


def test_only_cut() -> None:
    found = answer([make_cut("lite0 b_7", 0.871, 1, -0.02)], "b_7")
    assert plainly(found.sentence) == (
        "Cut lite0 at b_7: 86.6 % (83.7 to 89.9) of new photos are expected to be right, at 1 "
        "GFLOPs a photo. It is the only cut of this study."
    )
    assert found.runners_up == []


def test_too_few_photos() -> None:
    few = (12, 8, 9, 8, 8)
    cuts = [
        make_cut("lite0 b_1", 0.61, 0.1, -0.45, best=0.8, photos=few),
        make_cut("lite0 b_2", 0.8, 2, -0.2, best=0.8, photos=few),
        make_cut("lite0 b_3", 0.6, 3, -0.3, best=0.8, photos=few),
    ]
    found = answer(cuts, "b_3", given=baselines(number=45))
    assert (found.cut, found.enough) == ("b_3", False)
    sentence = plainly(found.sentence)
    assert sentence.startswith(
        "45 held-out photos are too few to tell which cut is best. lite0 at b_3 is not shown to "
        "beat a head on colour histograms alone, which gets 52.0 %. About 86 held-out photos would "
        "be needed. Cut lite0 at b_3: 59.5 % (45."
    )
    assert len(found.caveats) == 3
    assert reasons_of(found)[-1] == (
        'Classes of fewer than 10 held-out photos can\'t be judged alone: "class 1" (8), '
        '"class 2" (9), "class 3" (8) and "class 4" (8).'
    )
    assert "The interval of its accuracy is 27.5 points wide; more than 20 say little." in (
        reasons_of(found)
    )


def test_nothing_beats_colours() -> None:
    cuts = [make_cut("lite0 b_1", 0.871, 1, -0.02), make_cut("lite0 b_2", 0.86, 0.8, -0.03)]
    found = answer(cuts, "b_1", "b_2", "b_2", given=baselines(colour=0.9))
    assert (found.cut, found.enough) == ("b_1", False)
    assert plainly(found.sentence).startswith(
        "No cut is shown to beat a head on colour histograms alone, which gets 90.0 % of held-out "
        "photos right: the best cut, lite0 at b_1, gets 87.1 % (83.7 to 89.9). Cut lite0 at b_1"
    )


def test_one_photo() -> None:
    cut = make_cut("lite0 b_1", 1.0, 1, -0.8, best=1.0, photos=(1, 0))
    found = answer([cut], "b_1", given=baselines(number=1))
    assert not found.enough
    assert "1 held-out photo is too few to tell how good a cut is." in found.sentence
    assert found.caveats[-1] == "About 16 held-out photos would be needed."


def test_number_of_runners_up_and_no_cut_twice() -> None:
    cuts = [make_cut(f"lite{model} b_{cut}", 0.87 - cut / 1000, 1 + model + cut / 10, -0.03)
            for model in range(8) for cut in range(4)]  # fmt: skip
    runners = answer(cuts, "lite0 b_0").runners_up
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
    assert reasons_of(answer([cut], "b_1"))[-1] == (
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
    found = answer(
        cuts,
        f"b_{number % 5}",
        f"b_{number % 3}",
        f"b_{number % 4}",
        gain=float(generator.uniform(-0.1, 0.1)),
        loss=float(generator.uniform(0, 0.1)),
        given=baselines(number=sum(photos)),
    )
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


def test_that_only_groups_count_is_said_where_photos_are_too_few() -> None:
    cuts = [
        make_cut("lite0 b_2", 0.8, 2, -0.2, best=0.8, photos=(9,) * 5),
        make_cut("lite0 b_3", 0.6, 3, -0.3, best=0.8, photos=(9,) * 5),
    ]
    said = (
        "So many since only 3 groups of them are different: near duplicates, and what the dataset "
        "says belongs together, are held out together."
    )
    for groups, is_said in ((3, True), (45, False)):
        found = answer(cuts, "b_3", given=baselines(number=45), groups=groups)
        assert (said in map(plainly, found.caveats)) == is_said


def test_heads_that_would_have_learnt_on_are_told() -> None:
    cuts = [make_cut("lite0 b_2", 0.8, 2, -0.2), make_cut("lite0 b_3", 0.6, 3, -0.3)]
    slow = Curve(0, 49, [2.0] * 45 + [1.9] * 5, [2.0] * 45 + [1.9] * 5, [0.5] * 50, [0.5] * 50)
    said = "At 1 of 2 cuts the loss was still falling when the epochs ran out"
    assert said not in plainly(answer(cuts, "b_2").sentence)
    cuts[1] = replace(cuts[1], curves=[slow])
    assert said in plainly(answer(cuts, "b_2").sentence)
