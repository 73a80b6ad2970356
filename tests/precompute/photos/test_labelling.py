"""Labels in tables beside photos, as people write them, the same in a folder and an archive."""

import re
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import fsspec
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.file_entry import Listing
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset
from diamond_cutter.precompute.stores.study.dataset_report import counts

JPEG = b"\xff\xd8\xff\xe0 a photo, as far as its first bytes go"
LABELS = ["cat", "dog", "cat", "dog", "cat", "dog"]
SIX = [f"images/{number}.jpg" for number in range(6)]
Open = Callable[..., Listing]


def csv(
    header: Sequence[str] | None, rows: Iterable[Sequence[object]], separator: str = ","
) -> str:
    lines = [*([header] if header else []), *rows]
    return "".join(separator.join(map(str, line)) + "\n" for line in lines)


class Made:
    """A dataset in a folder of its own, and the forms that it is read in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, photos: Iterable[str], **tables: str | bytes) -> "Made":
        """Photos of those paths, and tables, "__" for a slash in their names."""
        for number, path in enumerate(photos):
            self.write(path, JPEG + bytes(number))
        for name, text in tables.items():
            path = re.sub("_(csv|tsv|txt)$", r".\1", name.replace("__", "/"))
            self.write(path, text if isinstance(text, bytes) else text.encode())
        return self

    def write(self, path: str, content: bytes) -> None:
        file = self.root / "set" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def open(self, form: str = "folder", **settings: str) -> Listing:
        """What is read of it as a folder, a zip, a tar, an address, or by the name of a file."""
        folder = self.root / "set"
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        address = str(folder / form)
        if form == "folder":
            address = str(folder)
        elif form == "zip":
            address = str(self.root / "set.zip")
            with zipfile.ZipFile(address, "w") as archive:
                for file in files:
                    archive.write(file, file.relative_to(folder))
        elif form == "tar":
            address = str(self.root / "set.tar")
            with tarfile.open(address, "w") as packed:
                packed.add(folder, "set")
        elif form == "address":
            address = "memory://labelling/set"
            memory = fsspec.filesystem("memory")
            for file in files:
                memory.pipe_file(f"/labelling/set/{file.relative_to(folder)}", file.read_bytes())
        asked = DatasetSettings(address, **settings)
        return open_dataset(asked, self.root / "cache", lambda *_: None)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def taken(listing: Listing) -> dict[str, str]:
    """The label, with its split, of each photo taken, by the name of its file."""
    return {
        entry.path.rpartition("/")[2]: f"{entry.split}:{entry.label}"
        if entry.split
        else entry.label
        for entry in listing.entries
        if entry.outcome is None and entry.file
    }


def rejected(listing: Listing) -> dict[str, str]:
    return {entry.path: entry.reason for entry in listing.entries if entry.outcome == "reject"}


PAIRS = list(zip(SIX, LABELS, strict=True))
SIX_TAKEN = {f"{number}.jpg": label for number, label in enumerate(LABELS)}
NAMED = list(zip(range(6), LABELS, strict=True))
WRITTEN = {
    "paths": (csv(["path", "label"], zip(SIX, LABELS, strict=True)), "commas, with a header"),
    "names": (csv(["filename", "class"], [(f"{n}.jpg", of) for n, of in NAMED]), "column filename"),
    "ids": (csv(["image_id", "category"], NAMED), "classes by the column category"),
    "other suffix": (
        csv(["Image", "Breed"], [(f"{n}.png", of) for n, of in NAMED]),
        "column Image",
    ),
    "absolute": (
        csv(["file", "target"], [(f"/kaggle/in/images/{n}.jpg", of) for n, of in NAMED]),
        "file",
    ),
    "windows": (csv(["file", "y"], [(f"C:\\set\\images\\{n}.jpg", of) for n, of in NAMED]), "file"),
    "semicolons": (csv(None, zip(SIX, LABELS, strict=True), ";"), "semicolons, without a header"),
    "tabs": (csv(["path", "label"], zip(SIX, LABELS, strict=True), "\t"), "tabs, with a header"),
    "bars": (csv(["path", "label"], zip(SIX, LABELS, strict=True), "|"), "bars, with a header"),
    "index": (csv(["", "id", "label"], [((n + 1) % 6, n, of) for n, of in NAMED]), "column id"),
    "measured": (
        csv(["image", "width", "label", "score"], [(n, 64, of, n / 7) for n, of in NAMED]),
        "classes by the column label",
    ),
    "unusual": (
        csv(["image", "width", "variety", "score"], [(n, 64 + n, of, n / 7) for n, of in NAMED]),
        "classes by the column variety",
    ),
    "numbers and names": (
        csv(["image", "class_id", "class_name"], [(n, LABELS.index(of), of) for n, of in NAMED]),
        "classes by the column class_name",
    ),
    "whale": (csv(["Image", "Id"], [(f"{n}.jpg", of) for n, of in NAMED]), "by the column Id"),
    "one-hot": (
        csv(
            ["filename", " cat", " dog"],
            [(n, int(of == "cat"), int(of == "dog")) for n, of in NAMED],
        ),
        "a column a class cat, dog",
    ),
    "one-hot of floats": (
        csv(
            ["image", "cat", "dog"],
            [(n, float(of == "cat"), float(of == "dog")) for n, of in NAMED],
        ),
        "a column a class cat, dog",
    ),
    "blanks": (csv(None, zip(SIX, LABELS, strict=True), " "), "blanks, without a header"),
    "below a title": (
        "sep=;\n# Our animals\n" + csv(["path", "label"], zip(SIX, LABELS, strict=True), ";"),
        "semicolons, with a header",
    ),
    "as R writes it": (
        csv(["image", "label"], [(f"row{n}", n, of) for n, of in NAMED], "\t"),
        "photos by the column image; classes by the column label",
    ),
    "lists": (csv(["id", "labels"], [(n, f"['{of}']") for n, of in NAMED]), "by the column labels"),
    "addresses": (
        csv(["url", "label"], [(f"https://x.org/{path}?size=9", of) for path, of in PAIRS]),
        "photos by the column url",
    ),
    "words of another alphabet": (
        csv(["\u0444\u0430\u0439\u043b", "\u043a\u043b\u0430\u0441\u0441"], PAIRS),
        "classes by the column \u043a\u043b\u0430\u0441\u0441",
    ),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_table_beside_the_photos(made: Made, written: str) -> None:
    text, told = WRITTEN[written]
    listing = made.add(SIX, labels_csv=text).open()
    assert taken(listing) == SIX_TAKEN
    assert not rejected(listing)
    [said] = listing.reading
    assert said.startswith("Read from labels.csv, ")
    assert told in said


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "address", "labels.csv"])
@pytest.mark.parametrize("written", ["ids", "one-hot", "semicolons"])
def test_all_forms_are_read_the_same_way(made: Made, form: str, written: str) -> None:
    listing = made.add(SIX, labels_csv=WRITTEN[written][0]).open(form)
    assert taken(listing) == SIX_TAKEN
    assert WRITTEN[written][1] in listing.reading[0]


def test_utf_16_with_quotes(made: Made) -> None:
    text = "path,label\n" + "".join(
        f'"{path}","{of}, big"\n' for path, of in zip(SIX, LABELS, strict=True)
    )
    assert set(taken(made.add(SIX, labels_csv=text.encode("utf-16")).open()).values()) == {
        "cat, big",
        "dog, big",
    }


@pytest.mark.parametrize(
    ("encoding", "labels"),
    [
        ("cp1252", ["Eichh\xf6rnchen", "caff\xe8", "\xc6bler", "bj\xf6rn"]),
        ("mac_roman", ["Eichh\xf6rnchen", "Fl\xfcgel", "L\xf6wenzahn", "caff\xe8"]),
        (
            "cp1251",
            ["\u0442\u0440\u0435\u0449\u0438\u043d\u0430", "\u043d\u043e\u0440\u043c\u0430"],
        ),
        ("utf-16-le", ["caff\xe8", "dog"]),
        ("utf-16-be", ["dog", "\u732b"]),
    ],
)
@pytest.mark.parametrize("form", ["folder", "labels.csv"])
def test_a_table_in_another_encoding(
    made: Made, encoding: str, labels: list[str], form: str
) -> None:
    rows = [(path, labels[n % len(labels)]) for n, path in enumerate(SIX)]
    listing = made.add(SIX, labels_csv=csv(["path", "label"], rows).encode(encoding)).open(form)
    assert list(taken(listing).values()) == [label for _, label in rows]
    guess = f", in {encoding} as it seems (if names look wrong, save it as UTF-8)"
    assert (guess in listing.reading[0]) == (not encoding.startswith("utf"))


def test_texts_are_read_as_tables(made: Made) -> None:
    listing = made.add(
        SIX,
        train_txt=csv(None, PAIRS[:4], " "),
        val_txt=csv(None, PAIRS[4:], " "),
        README_txt="Photos of animals, as 1.jpg and 2.jpg.\nThey are ours.\n",
        classes_txt="cat\ndog\n",
        labels__0_txt="0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n",
    ).open()
    assert list(taken(listing).values()) == [
        *("train:cat", "train:dog", "train:cat", "train:dog", "val:cat", "val:dog")
    ]
    assert listing.tables == ["train.txt", "val.txt"]


def test_labels_of_several_words_in_a_text(made: Made) -> None:
    kinds = ["Boeing 737", "A320", "Cessna 172"]
    text = csv(None, [(f"{n}", kinds[n % 3]) for n in range(6)], " ")
    assert list(taken(made.add(SIX, list_txt=text).open()).values()) == [*kinds, *kinds]


def test_texts_say_nothing_where_folders_do(made: Made) -> None:
    photos = [f"00{1 + n % 2}.{of}/{of}_{n}.jpg" for n, of in NAMED]
    listing = made.add(
        photos,
        images_txt=csv(None, list(enumerate(photos, 1)), " "),
        image_class_labels_txt=csv(None, [(n, n % 2) for n in range(1, 7)], " "),
        train__boxes_txt=csv(None, [(photos[0], 0, 9), (photos[1], 4, 9)], " "),
    ).open()
    assert set(taken(listing).values()) == {"001.cat", "002.dog"}


def test_a_table_that_numbers_photos_has_to_be_joined(made: Made) -> None:
    photos = [f"images/{of}_{n}_{7 * n}.jpg" for n, of in NAMED]
    made.add(
        photos,
        images_txt=csv(None, list(enumerate(photos, 1)), " "),
        image_class_labels_txt=csv(None, [(n, n % 2) for n in range(1, 7)], " "),
    )
    with pytest.raises(UserError, match=r"images\.txt: .* a value of its own for each; join it"):
        made.open()
    with pytest.raises(UserError, match=r"a\.csv: expected a CSV, got a file that is no text"):
        made.add([], a_csv=b"path,label\n1.jpg,c\0").open()


def test_columns_without_a_header_are_named_by_number(made: Made) -> None:
    rows = [(path, of, "pqr"[n // 2]) for n, (path, of) in enumerate(PAIRS)]
    made.add(SIX, labels_csv=csv(None, rows))
    with pytest.raises(UserError, match="labels = 'number 2'"):
        made.open()
    assert "".join(taken(made.open(labels="number 3")).values()) == "ppqqrr"


def test_a_column_of_splits_without_a_header(made: Made) -> None:
    rows = [
        ("TRAIN" if n < 4 else "TEST", f"gs://mine/{path}", of)
        for n, (path, of) in enumerate(PAIRS)
    ]
    listing = made.add(SIX, labels_csv=csv(None, rows)).open()
    assert [entry.split for entry in listing.entries if entry.outcome is None] == [
        *("train",) * 4,
        *("test",) * 2,
    ]


NAMES = [f"train/{of}.{n}.jpg" for n, of in NAMED]


@pytest.mark.parametrize("photos", [NAMES, [*NAMES, "test1/1.jpg"], [n[6:] for n in NAMES]])
def test_classes_in_the_names_of_files_are_offered(made: Made, photos: list[str]) -> None:
    asked = made.add(photos).open()
    assert "6 photos whose names begin with cat, dog; file_names = " in asked.question
    by_names = made.open(file_names="classes")
    assert by_names.question == ""
    assert taken(by_names) == {f"{of}.{n}.jpg": of for n, of in NAMED}
    assert set(rejected(by_names)) == {*photos} - {
        path for path in photos if "cat" in path or "dog" in path
    }
    with pytest.raises(UserError, match="file_names: expected one of 'nothing', 'classes'"):
        made.open(file_names="labels")


@pytest.mark.parametrize("setting", [{"groups": "animal"}, {"table": "a.csv"}, {"labels": "of"}])
def test_names_of_files_are_no_labels_where_a_table_is_asked_for(
    made: Made, setting: dict[str, str]
) -> None:
    rows = [(path, of, "one") for path, (_, of) in zip(NAMES, NAMED, strict=True)]
    made.add(NAMES, a_csv=csv(["path", "of", "animal"], rows))
    (name,) = setting
    told = f'file_names = "classes" or by a CSV, got {name} too, .*; leave one of them out'
    with pytest.raises(UserError, match=told):
        made.open(file_names="classes", **setting)


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["english_setter_1", "english_setter_22"], "english_setter"),
        (["dog (1)", "dog (2)"], "dog"),
        (["grade2_001", "grade2_002"], "grade2"),
        (["cat12", "cat13"], "cat"),
        (["IMG_2013_12", "IMG_2014_1"], "IMG"),
    ],
)
def test_what_stands_before_the_number(made: Made, names: list[str], classes: str) -> None:
    listing = made.add([*(f"val/{name}.jpg" for name in names), "train/x_1.jpg"]).open(
        file_names="classes"
    )
    assert set(taken(listing).values()) == {f"val:{classes}", "train:x"}


def test_cameras_names_are_no_classes(made: Made) -> None:
    assert made.add([f"IMG_{n}.jpg" for n in range(6)]).open().question == ""


@pytest.mark.parametrize("separator", [",", ";", " "])
def test_a_first_photo_without_a_label_is_no_title(made: Made, separator: str) -> None:
    rows = [(SIX[0], ""), *PAIRS[1:]]
    listing = made.add(SIX, labels_csv=csv(None, rows, separator)).open()
    assert taken(listing) == {name: of for name, of in SIX_TAKEN.items() if name != "0.jpg"}
    assert rejected(listing) == {SIX[0]: "A row without a label; fill it in."}


def test_zeros_that_a_spreadsheet_took(made: Made) -> None:
    photos = [f"images/{number:05}.jpg" for number in range(6)]
    listing = made.add(photos, labels_csv=csv(["id", "label"], NAMED)).open()
    assert list(taken(listing).values()) == LABELS


@pytest.mark.parametrize("form", ["folder", "zip", "train.csv"])
def test_a_competition_has_photos_without_labels(made: Made, form: str) -> None:
    train, test = [f"train/{n}a.jpg" for n in range(6)], [f"test/{n}b.jpg" for n in range(4)]
    listing = made.add(
        [*train, *test],
        train_csv=csv(["id", "breed"], [(f"{n}a", of) for n, of in NAMED]),
        test_csv=csv(["id"], [(f"{n}b",) for n in range(4)]),
        sample_submission_csv=csv(["id", "breed"], [(f"{n}b", LABELS[n]) for n in range(4)]),
    ).open(form)
    assert taken(listing) == {f"{n}a.jpg": of for n, of in NAMED}
    if form != "train.csv":  # else the table alone is the dataset
        assert set(rejected(listing)) == set(test)
        assert "train.csv doesn't name it" in rejected(listing)[test[0]]


def test_photos_in_several_folders(made: Made) -> None:
    photos = [f"images_{n % 2:03}/images/{n}.png" for n in range(6)]
    listing = made.add(
        photos,
        Data_Entry_csv=csv(
            ["Image Index", "Finding Labels", "Patient ID"],
            [(f"{n}.png", of, n) for n, of in NAMED],
        ),
    ).open(groups="patient id")
    assert taken(listing) == {f"{n}.png": of for n, of in NAMED}
    assert {entry.group for entry in listing.entries if entry.outcome is None} == set("012345")


def test_tables_of_other_photos_each_are_read_together(made: Made) -> None:
    pairs = list(zip(SIX, LABELS, strict=True))
    listing = made.add(
        SIX,
        train_csv=csv(["path", "label"], pairs[:4]),
        valid_csv=csv(["path", "label"], pairs[4:]),
    ).open()
    assert list(taken(listing).values()) == [
        *("train:cat", "train:dog", "train:cat", "train:dog", "val:cat", "val:dog")
    ]


def test_a_table_in_each_folder_of_a_split(made: Made) -> None:
    listing = made.add(
        [f"{split}/{split}{n}.jpg" for split in ("train", "valid") for n in range(2)],
        **{
            f"{split}___classes_csv": csv(
                ["filename", " cat", " dog"], [(f"{split}0.jpg", 1, 0), (f"{split}1.jpg", 0, 1)]
            )
            for split in ("train", "valid")
        },
    ).open()
    assert taken(listing) == {
        "train0.jpg": "train:cat",
        "train1.jpg": "train:dog",
        "valid0.jpg": "val:cat",
        "valid1.jpg": "val:dog",
    }
    assert listing.reading[2] == "Splits by folders: train is train, valid is val."


def test_two_tables_that_say_other_labels_are_asked_about(made: Made) -> None:
    made.add(
        SIX,
        a_csv=csv(["path", "label"], zip(SIX, LABELS, strict=True)),
        b_csv=csv(["path", "label"], zip(SIX, "xyxyxy", strict=True)),
    )
    with pytest.raises(
        UserError, match=r"got a\.csv .*cat, dog.* and b\.csv .*x, y.*table = \"b"
    ) as caught:
        made.open()
    assert "\n" not in str(caught.value)
    assert list(taken(made.open(table="b.csv")).values()) == list("xyxyxy")
    assert list(taken(made.open("zip", table="a.csv")).values()) == LABELS
    with pytest.raises(UserError, match=r"the CSV 'c.csv' in it"):
        made.open(table="c.csv")


def test_a_table_that_says_the_same_is_not_needed(made: Made) -> None:
    pairs = list(zip(SIX, LABELS, strict=True))
    made.add(SIX, a_csv=csv(["path", "label"], pairs), b_csv=csv(["path", "label"], pairs[:3]))
    listing = made.open()
    assert taken(listing) == SIX_TAKEN
    assert listing.reading[-1] == "Not used: b.csv."


def test_other_tables_of_the_photos_are_not_used(made: Made) -> None:
    listing = made.add(
        SIX,
        boxes_csv=csv(["image", "box"], [(n, f"{n} {n}") for n in range(6)]),
        label_names_csv=csv(["label", "name"], [(0, "mild"), (1, "severe")]),
        people_csv=csv(["image", "sex"], [(n, "mf"[n // 3]) for n in range(6)]),
        train_csv=csv(["image", "label"], NAMED),
    ).open()
    assert taken(listing) == SIX_TAKEN
    assert listing.reading[0].startswith("Read from train.csv")
    assert listing.reading[1:] == ["Not used: people.csv."]


def test_columns_that_are_no_labels_are_said(made: Made) -> None:
    made.add(SIX, a_csv=csv(["id", "Class1", "Class2"], [(n, n / 7, 1 - n / 7) for n in range(6)]))
    with pytest.raises(UserError, match=r"a\.csv: expected a CSV with a column of labels beside"):
        made.open()


def test_folders_and_a_table_that_say_other_classes_are_asked_about(made: Made) -> None:
    made.add(
        [f"{'ab'[n % 2]}/{n}.jpg" for n in range(6)],
        labels_csv=csv(["file", "label"], [(f"{n}.jpg", "xxxyyy"[n]) for n in range(6)]),
    )
    with pytest.raises(UserError, match=r"got folders \(a, b\) and labels.csv \(x, y\)"):
        made.open()
    assert "".join(taken(made.open(folders="classes")).values()) == "aaabbb"
    by_table = taken(made.open(table="labels.csv"))
    assert "".join(by_table[f"{n}.jpg"] for n in range(6)) == "xxxyyy"


def test_folders_are_taken_where_a_table_says_the_same_or_hardly_anything(made: Made) -> None:
    made.add(
        [f"{LABELS[n]}/{n}.jpg" for n in range(6)],
        labels_csv=csv(["file", "label"], [(f"{n}.jpg", of.upper()) for n, of in NAMED]),
        extra_csv=csv(["file", "label"], [("0.jpg", "x"), ("1.jpg", "y")]),
    )
    assert set(taken(made.open(table="labels.csv")).values()) == {"CAT", "DOG"}
    (made.root / "set/extra.csv").unlink()
    assert taken(made.open()) == SIX_TAKEN


@pytest.mark.parametrize(
    ("rows", "test"),
    [
        ([("0.jpg", "CAT", "train"), ("1.jpg", "DOG", "train"), ("2.jpg", "CAT", "test")], []),
        ([("0.jpg", "CAT"), ("1.jpg", "DOG"), ("2.jpg", "CAT")], ["new/7.jpg"]),
    ],
)
def test_a_table_that_says_the_same_as_folders_and_more_is_read(
    made: Made, rows: list[tuple[str, ...]], test: list[str]
) -> None:
    photos = ["train/cat/0.jpg", "train/dog/1.jpg", "train/cat/2.jpg", *test]
    more = [("7.jpg", "DOG") for _ in test]
    header = ["file", "label", "split"][: len(rows[0])]
    listing = made.add(photos, labels_csv=csv(header, [*rows, *more])).open()
    assert {of.rpartition(":")[2] for of in taken(listing).values()} == {"CAT", "DOG"}
    assert len(taken(listing)) == len(photos)
    assert ("test:CAT" in taken(listing).values()) == (not test)


def test_a_table_beside_those_of_a_split_is_not_used(made: Made) -> None:
    listing = made.add(
        [*SIX, "meta/a.png", "meta/b.png"],
        train_csv=csv(["path", "label"], PAIRS[:4]),
        test_csv=csv(["path", "label"], PAIRS[4:]),
        meta_csv=csv(["path", "label"], [("a.png", "cat"), ("b.png", "dog")]),
    ).open()
    assert len(taken(listing)) == 6
    assert listing.reading[-1] == "Not used: meta.csv."


def test_a_table_of_other_photos_is_told(made: Made) -> None:
    made.add(SIX, labels_csv=csv(["path", "label"], [("7.jpg", "cat"), ("8.jpg", "dog")]))
    with pytest.raises(
        UserError, match=r"labels\.csv: expected rows of photos that are there, got '7"
    ):
        made.open()
    assert set(taken(made.add([], labels_csv="path,label\n").open()).values()) == {"images"}


def test_two_columns_that_may_be_the_label_are_asked_about(made: Made) -> None:
    rows = [(f"{n}.jpg", of, "pqr"[n // 2]) for n, of in NAMED]
    made.add(SIX, labels_csv=csv(["image", "species", "breed"], rows))
    with pytest.raises(
        UserError, match=r"got species, breed, of which each may be; name one: labels"
    ):
        made.open()
    assert "".join(taken(made.open(labels="Breed")).values()) == "ppqqrr"
    with pytest.raises(
        UserError, match=r"the column 'size', which labels names, got the columns image"
    ):
        made.open(labels="size")


def test_folds_and_splits_in_columns(made: Made) -> None:
    rows = [(n, of, n % 3, "Training" if n < 4 else "PublicTest") for n, of in NAMED]
    listing = made.add(SIX, labels_csv=csv(["image", "label", "fold", "Usage"], rows)).open()
    assert [(entry.fold, entry.split) for entry in listing.entries if entry.outcome is None] == [
        *(("0", "train"), ("1", "train"), ("2", "train")),
        *(("0", "train"), ("1", "test"), ("2", "test")),
    ]


SEVERAL = csv(
    ["path", "label"], [*zip(SIX, LABELS, strict=True), (SIX[0], "people"), (SIX[1], "dog")]
)
TWO_ONES = csv(
    ["path", "cat", "dog"], [(SIX[0], 1, 1), *((SIX[n], n % 2, 1 - n % 2) for n in range(1, 6))]
)
BARS = csv(
    ["path", "finding"],
    zip(SIX, ["mass|node", "mass", "node", "mass", "node", "mass"], strict=True),
)
TAGS = csv(
    ["path", "tags"], zip(SIX, ["haze road", "haze", "road", "haze", "road", "haze"], strict=True)
)


@pytest.mark.parametrize(
    ("text", "two"),
    [(SEVERAL, "cat, people"), (TWO_ONES, "cat, dog"), (BARS, "mass, node"), (TAGS, "haze, road")],
)
def test_several_labels_are_asked_about_left_out_or_combined(
    made: Made, text: str, two: str
) -> None:
    made.add(SIX, labels_csv=text)
    asked = made.open()
    assert "got several for 1 of 6 photos: images/0.jpg" in asked.question
    assert f"({two})" in asked.question
    assert rejected(asked) == {
        "images/0.jpg": f"It has 2 labels: {two}; several_labels = "
        '"combine" makes one class of them.'
    }
    left_out = made.open(several_labels="leave-out")
    assert (left_out.question, rejected(left_out)) == ("", rejected(asked))
    combined = made.open("zip", several_labels="combine")
    assert (combined.question, rejected(combined)) == ("", {})
    assert combined.reading[1] == "1 photo has several labels: each combination is a class."
    assert taken(combined)["0.jpg"] == two.replace(", ", " + ")
    assert {key: of for key, of in taken(combined).items() if key != "0.jpg"} == taken(left_out)
    with pytest.raises(UserError, match="several_labels: expected one of 'ask'"):
        made.open(several_labels="first")


def test_labels_with_commas_are_no_several_labels(made: Made) -> None:
    names = ["Apple, red", "Apple, green", "Apple, red", "Pear", "Pear", "Apple, green"]
    rows = [(path, f'"{name}"') for path, name in zip(SIX, names, strict=True)]
    listing = made.add(SIX, labels_csv=csv(["path", "label"], rows)).open()
    assert list(taken(listing).values()) == names


def test_what_is_asked_is_the_problem_of_the_report(made: Made) -> None:
    made.add(SIX, labels_csv=SEVERAL)
    settings = DatasetSettings(str(made.root / "set"))
    report = read_dataset(settings, made.root / "cache", lambda *_: None).report
    assert report.problem.startswith(f"{made.root}/set: expected one label a photo, got several")
    assert report.reading == [
        "Read from labels.csv, commas, with a header: photos by the column path; classes by the "
        "column label."
    ]
    assert (report.tables, counts(report)["ignored"]) == (["labels.csv"], 0)


def test_masks_beside_the_images_are_left_out(made: Made) -> None:
    listing = made.add(
        [*SIX, *(f"masks/{n}.png" for n in range(6))], labels_csv=csv(["name", "label"], NAMED)
    ).open()
    assert taken(listing) == SIX_TAKEN
    assert set(rejected(listing)) == {f"masks/{n}.png" for n in range(6)}


def test_photos_above_the_folder_of_a_table_that_is_named(made: Made) -> None:
    made.add(SIX, annotations__labels_csv=csv(["name", "label"], NAMED))
    assert taken(made.open("annotations/labels.csv")) == SIX_TAKEN
