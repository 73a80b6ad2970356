"""What the names of folders, files and values say: a part of a split, folds, or a series."""

import re
from collections.abc import Iterable, Sequence
from typing import cast

from diamond_cutter.precompute.stores.study.dataset_report import Split

UNLABELLED = "unlabelled"
"""What a part is called whose photos are to be predicted: they have no class."""

_PARTS: dict[str, str] = {
    **dict.fromkeys(("train", "training", "trn", "learn", "learning", "extra"), "train"),
    **dict.fromkeys(("labeled", "labelled", "trainval", "trainvalid", "trainings"), "train"),
    **dict.fromkeys(("treino", "treinamento", "entrenamiento", "addestramento"), "train"),
    **dict.fromkeys(("entrainement", "entraînement", "apprentissage"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating"), "val"),
    **dict.fromkeys(("dev", "devel", "development", "eval", "evaluation"), "val"),
    **dict.fromkeys(("validierung", "validierungs", "validación", "validacion"), "val"),
    **dict.fromkeys(("validação", "validacao", "validazione"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "holdout", "heldout", "teste", "prueba"), "test"),
    **dict.fromkeys(("pred", "predict", "prediction", "unlabeled", "unlabelled"), UNLABELLED),
}
_PLAIN = re.compile(
    r"\d+|v\d+|set|data|dataset|images?|imgs?|photos?|pictures?|pics?|split|folder|files?|samples?|"
    r"labels?|public|private|my|the|daten|dados|datos"
)
"""Words that change nothing beside one that names a part."""
_GLUED = re.compile(r"(\D+?)(set|data|daten|images?|imgs?)?\d*")
_FOLD = re.compile(r"(cv|k|k[-_ ]?fold|fold|split)[-_ ]?([0-9]+|[a-z])|[0-9]+[-_ ]?fold")
_NUMBER = re.compile(r"[0-9]+([-_.][0-9]+)*|(?<=[-_ ])[a-z]$")
_PLACE = re.compile(
    r"images?|imgs?|photos?|pictures?|pics?|jpe?gs?|pngs?|jpegimages|data|dataset|files?|raw|all|"
    r"masks?|labels?|annotations?|segmentations?|(ground)?truth|gt"
)
"""Words in the names of folders that hold photos, whatever they show."""
_PIECE = re.compile(
    r"parts?|shards?|chunks?|batch(es)?|vol(ume)?s?|folders?|dirs?|archives?|zips?|segments?|sets?"
)
_CLASSES = re.compile(r"(class|label|category|grade|level|type|kind|stage|species)e?s?")


def split_of(name: str) -> Split | None:
    """The split that a folder or a value of that name means; None if none."""
    part = parts_of([name]).get(name)
    return cast(Split, part) if part in ("train", "val", "test") else None


def parts_of(names: Iterable[str], *, loosely: bool = False) -> dict[str, str]:
    """The parts that names mean, each a split or `UNLABELLED`; those that mean none are left out.

    Other words are allowed where all names of parts have them, as in "asl_train" and "asl_test",
    or anywhere if `loosely`.
    """
    words = {name: _words(name) for name in names}
    found = {
        name: {_PARTS[word] for word in each if word in _PARTS} for name, each in words.items()
    }
    rest = {
        name: {word for word in words[name] if word not in _PARTS and not _PLAIN.fullmatch(word)}
        for name in words
        if len(found[name]) == 1
    }
    common = set.intersection(*rest.values()) if len(rest) > 1 else set()
    return {name: min(found[name]) for name, others in rest.items() if loosely or others <= common}


def are_folds(names: Sequence[str]) -> bool:
    """Whether names are those of folds: "fold_1", "cv2", or numbers from 0 or 1 on, three up."""
    plain = [name.strip().lower() for name in names]
    if all(map(_FOLD.fullmatch, plain)):
        return True
    if len(plain) < 3 or not all(re.fullmatch(r"[0-9]{1,2}", name) for name in plain):
        return False
    numbers = sorted(map(int, plain))
    return numbers[0] in (0, 1) and numbers == [numbers[0] + step for step in range(len(numbers))]


def are_series(names: Sequence[str]) -> bool:
    """Whether names differ in a number or a letter alone: patients, days, sites, parts."""
    stems = {_NUMBER.sub("#", name.strip().lower()) for name in names}
    return len(stems) == 1 and "#" in min(stems) and len(set(names)) > 1


def all_numbers(names: Sequence[str]) -> bool:
    """Whether names are numbers alone, as those of patients are, or of classes."""
    return all(name.strip().isdecimal() for name in names)


def is_place(name: str) -> bool:
    """Whether a folder is called as one of photos, whatever they show: "images", "raw data"."""
    words = _letters(name)
    return bool(words) and all(map(_PLACE.fullmatch, words))


def are_shards(names: Sequence[str]) -> bool:
    """Whether names are those of numbered parts of one set: "images_001", "batch 2"."""
    words = {word for name in names for word in _letters(name)}
    return (
        are_series(names)
        and bool(words)
        and all(_PLACE.fullmatch(word) or _PIECE.fullmatch(word) for word in words)
    )


def are_classes(names: Sequence[str]) -> bool:
    """Whether names say that they are those of classes: "class_1", "grade 2"."""
    return are_series(names) and any(map(_CLASSES.match, (name.strip().lower() for name in names)))


def _letters(name: str) -> list[str]:
    return [word for word in re.split(r"[\W\d_]+", name.lower()) if len(word) > 1]


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    words = [word for word in re.split(r"[\W_]+", apart) if word]
    if "".join(words) in _PARTS:
        return ["".join(words)]
    glued = [_GLUED.fullmatch(word) for word in words]
    return [
        match[1] if match and match[1] in _PARTS else word
        for word, match in zip(words, glued, strict=True)
    ]
