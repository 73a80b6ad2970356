"""What folders above folders of the same names are: splits, folds, groups, classes, or nothing.

Folders of the same names in several others are evidence that those above are no classes. What they
are, their names say; where both readings are possible, that is asked.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.photos.labels.folder_copies import find_copy
from diamond_cutter.precompute.photos.labels.folder_tree import Folder
from diamond_cutter.precompute.photos.labels.split_names import (
    UNLABELLED,
    all_numbers,
    are_classes,
    are_folds,
    are_series,
    are_shards,
    is_place,
    parts_of,
)
from diamond_cutter.precompute.photos.report_text import listed, printable

KINDS = ("auto", "classes", "groups", "folds", "ignore")
"""What folders above others of the same names may be said to be."""
_UNKNOWN = "In {}, whose photos are to be predicted."
_NONE = "In {}, where no photo has a class: put them into folders of classes, or add a CSV."


@dataclass
class Reading:
    """What the folders say of the photos.

    `classes`: folders whose photos are of one class, each with the fields that its entries get;
    `left_out`: folders whose photos have no class, and why, in a sentence; `said`: how it was read,
    in sentences.
    """

    classes: list[tuple[Folder, dict[str, str]]] = field(default_factory=list)
    left_out: list[tuple[Folder, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def take(self, above: Folder, **what: str) -> None:
        """Take the folders in one for classes."""
        for folder in above.folders.values():
            self.classes.append((folder, {"label": folder.name, **what}))


def read_folders(top: Folder, source: str, kind: str) -> Reading:
    """What the folders in `top` are, of the dataset `source`; `kind` is one of `KINDS`.

    Raises `UserError` where they can be read in two ways, and for a kind that is none.
    """
    if kind not in KINDS:
        raise UserError(
            f"folders: expected one of {', '.join(map(repr, KINDS))}, got {kind!r}; choose one"
        )
    found = Reading()
    top = top.unwrapped()
    if copy := find_copy(top):
        reason = f"{copy.path} repeats what lies beside it."
        found.left_out.append((top.folders.pop(copy.name), reason))
        found.said.append(f"Left out: {reason}")
        top = top.unwrapped()
    inside = {name: folder.unwrapped() for name, folder in top.folders.items()}
    if kind in ("groups", "folds", "ignore"):
        _take_from(inside, kind, found)
    elif kind == "classes" or not (
        _are_parts(inside, source, found)
        or _hold_parts(top, found)
        or _lie_beside(inside, found)
        or _are_above(inside, source, found)
    ):
        names = list(top.folders)
        are_places = len(names) > 1 and all(map(is_place, names))
        if kind == "auto" and (are_places or are_shards(names)):
            raise UserError(
                f"{source}: expected a folder for each class, got "
                f"{printable(listed(sorted(names)))}, as parts of one set are called; add a CSV "
                'of the labels, or, if they are the classes, give folders = "classes"'
            )
        found.take(top)
    return found


def _are_parts(inside: Mapping[str, Folder], source: str, found: Reading) -> bool:
    """Take what the parts of a split hold, if folders are such."""
    upper = {name: folder for name, folder in inside.items() if folder.folders}
    alike = _share_names(upper)
    parts = parts_of(inside, loosely=alike)
    labelled = [name for name in upper if parts.get(name, UNLABELLED) != UNLABELLED]
    labels = Counter(label for name in labelled for label in upper[name].folders)
    many = any(len(upper[name].folders) > 1 for name in labelled)
    taken = {  # a single folder is none of a class where others hold several, and none of its name
        name: parts[name]
        for name in labelled
        if not many
        or len(upper[name].folders) > 1
        or _is_class(next(iter(upper[name].folders)), labels)
    }
    others = [name for name in inside if name not in parts]
    if not upper and not others and len(set(parts.values())) > 1:
        found.left_out += [(folder, _NONE.format(name)) for name, folder in inside.items()]
        return True
    is_split = len(set(taken.values())) > 1
    if not taken or len(inside) < 2:
        return False
    if others and len(set(parts.values())) == 1:
        if many and not alike and not labels.keys() <= set(others):
            raise _two_readings(source, inside, taken)
        return False
    for name, folder in inside.items():
        if name in taken:
            split = taken[name] if is_split else ""
            below = {each.name: each.unwrapped() for each in folder.folders.values()}
            if not _are_above(below, source, found, split):
                found.take(folder, split=split)
        elif name in parts:
            is_asked = parts[name] == UNLABELLED and len(folder.folders) > 1
            why = _UNKNOWN if is_asked else _NONE
            found.left_out.append((folder, why.format(name)))
        else:
            reason = f"{name} is neither train, val nor test: rename it to take its photos."
            found.left_out.append((folder, reason))
    if is_split:
        told = ", ".join(f"{name} is {part}" for name, part in sorted(taken.items()))
        found.said.append(f"Splits by folders: {told}.")
    else:
        found.said.append(f"Classes are the folders in {', '.join(sorted(taken))}.")
    return True


def _is_class(name: str, labels: Mapping[str, int]) -> bool:
    """Whether the only folder in a part is one of a class: `labels` counts those of its name."""
    return labels[name] > 1 and not is_place(name)


def _two_readings(source: str, inside: Mapping[str, Folder], parts: Mapping[str, str]) -> UserError:
    """What is asked where `parts` that hold folders of classes lie beside folders of photos."""
    below = {name for part in parts for name in inside[part].folders}
    return UserError(
        f"{source}: expected to know which folders are classes, got "
        f"{printable(listed(sorted(inside)))} and, in {printable(listed(sorted(parts)))}, "
        f'{printable(listed(sorted(below)))}; folders = "classes" takes the first; to take the '
        f"others, name {printable(min(parts))} as the dataset"
    )


def _hold_parts(top: Folder, found: Reading) -> bool:
    """Take folders for classes that hold the parts of a split, or folds, each."""
    below = {name for folder in top.folders.values() for name in folder.folders}
    deep = any(part.folders for folder in top.folders.values() for part in folder.folders.values())
    parts = parts_of(below)
    is_split = parts.keys() == below and len(set(parts.values()) - {UNLABELLED}) > 1
    if len(top.folders) < 2 or deep or not below or not (is_split or are_folds(sorted(below))):
        return False
    if are_folds(sorted(top.folders)) and not is_split:
        return False
    for label, folder in top.folders.items():
        for name, part in folder.folders.items():
            what = {"split": parts[name]} if is_split else {"fold": name}
            if parts.get(name) == UNLABELLED:
                found.left_out.append((part, _UNKNOWN.format(name)))
            else:
                found.classes.append((part, {"label": label, **what}))
        found.classes.append((Folder(folder.path, folder.photos), {"label": label}))
    found.said.append(
        f"{'Splits' if is_split else 'Folds'} by the folders in those of the classes: "
        f"{listed(sorted(below))}."
    )
    return True


def _lie_beside(inside: Mapping[str, Folder], found: Reading) -> bool:
    """Take what folders hold that are called as those beside them, if some do."""
    more = {
        name: folder
        for name, folder in inside.items()
        if len(folder.folders) > 1 and folder.folders.keys() <= inside.keys() - {name}
    }
    labels = {name for name in inside.keys() - more.keys() if inside[name].photos}
    if len(labels) + len(more) < len(inside):
        return False
    if not more or any(not folder.folders.keys() <= labels for folder in more.values()):
        return False
    parts = {name: part for name, part in parts_of(more).items() if part in ("val", "test")}
    for name, folder in more.items():
        found.take(folder, split=parts.get(name, "train" if parts else ""))
    for label in sorted(labels):
        split = "train" if parts else ""
        found.classes.append((inside[label], {"label": label, "split": split}))
    found.said.append(
        f"{listed(sorted(more))} {'hold' if len(more) > 1 else 'holds'} photos of the classes "
        f"beside: taken as {', '.join(sorted(set(parts.values()))) or 'more of them'}."
    )
    return True


def _are_above(inside: Mapping[str, Folder], source: str, found: Reading, split: str = "") -> bool:
    """Take what is below folders that hold folders of the same names, if that is what they are.

    `split`: that all of them are in. Raises `UserError` where they may as well be classes.
    """
    if not _share_names(inside) or any(folder.photos for folder in inside.values()):
        return False
    above = sorted(inside)
    below = sorted({name for folder in inside.values() for name in folder.folders})
    parts_of_classes = are_series(below) and not are_classes(below) and not all_numbers(below)
    if are_classes(above) or (parts_of_classes and not are_series(above)):
        return False
    if parts_of(below).keys() == set(below):
        raise UserError(
            f"{source}: expected one split of class folders, got one in each of "
            f"{printable(listed(above))}; name one of these folders as the dataset"
        )
    if are_folds(above) and not (all_numbers(above) and are_folds(below)):
        _take_from(inside, "groups" if split else "folds", found, split)
    elif are_series(above) and (not are_series(below) or len(above) > len(below)):
        _take_from(inside, "groups", found, split)
    else:
        upper, lower = printable(listed(above)), printable(listed(below))
        raise UserError(
            f"{source}: expected to know which folders are classes, got {lower} in each of "
            f'{upper}; folders = "classes" takes {upper}, folders = "groups" takes {lower} and '
            'keeps photos of one upper folder together ("ignore": not so); or name one of the first'
        )
    return True


def _take_from(inside: Mapping[str, Folder], kind: str, found: Reading, split: str = "") -> None:
    """Take what is in upper folders that are folds, groups or nothing."""
    field_of = {"folds": "fold", "groups": "group"}
    for name, folder in inside.items():
        found.take(folder, split=split, **({field_of[kind]: name} if kind in field_of else {}))
    told = {
        "folds": "are folds, each held out in turn",
        "groups": "are groups: photos of one are never trained on while others are held out",
        "ignore": "say nothing",
    }
    found.said.append(f"The upper folders {listed(sorted(inside))} {told[kind]}.")


def _share_names(folders: Mapping[str, Folder]) -> bool:
    """Whether at least half of the folders in several, and two, are in more than one of them."""
    names = Counter(name for folder in folders.values() for name in folder.folders)
    shared = sum(count > 1 for count in names.values())
    return shared > 1 and 2 * shared >= len(names)
