"""The settings of `diamond.toml`: one dataclass a table, the truth for file, options and help."""

from dataclasses import dataclass, field
from typing import Any

from diamond_cutter.command.structuring import CALLED, HOOK, MismatchError


def setting(default: Any, description: str, *, or_count: bool = False) -> Any:
    """A field with its default and the sentence that explains it, in the file and as an option.

    A list may be given as a single text, and may be empty where it is by default. `or_count`: a
    text that may be given as a whole number.
    """

    def texts(value: Any, _kind: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        filled = isinstance(values, list) and (values or not default)
        if not filled or not all(isinstance(entry, str) for entry in values):
            raise MismatchError("a text or a list of texts", repr(value))
        return tuple(values)

    def text_or_count(value: Any, _kind: Any) -> str:
        if type(value) not in (str, int):
            raise MismatchError(CALLED[str], repr(value))
        return str(value)

    metadata: dict[str, Any] = {"help": description}
    if isinstance(default, tuple):
        metadata[HOOK] = texts
    elif or_count:
        metadata[HOOK] = text_or_count
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class AtlasSettings:
    """What is rendered, where to, and by what."""

    store: str = setting(
        "data/atlas.zarr", "where the atlas is kept: a folder or any fsspec address"
    )
    base: tuple[str, ...] = setting(
        (),
        "published atlases, https://.../atlas.zarr: what one holds of the same weights and recipe "
        "is copied from there into the store, and only the rest is rendered",
    )
    models: tuple[str, ...] = setting(("efficientnet-lite0",), "the backbones to render")
    layers: tuple[str, ...] = setting(("cuts",), 'the layers to render: "cuts", "all" or names')
    channels: str = setting(
        "all",
        'the channels of each layer: "all", ranges "0-63,100", or in the file a count',
        or_count=True,
    )
    recipe: str = setting("preview", 'the quality to reach: "preview" or "standard"')
    seed: int = setting(0, "the seed that every picture's own seed is derived from")
    photos: str = setting(
        "",
        "the photos of natural statistics and examples, which the site shows: a folder, an archive "
        "or an address; left out: those of --for's study, else samples",
    )
    circuits: int = setting(
        16, "inputs and outputs of each channel whose weights are kept, the strongest; 0: none"
    )
    observer: str = setting(
        "",
        "the backbone that gives words to channels and judges their pictures by the photos; empty: "
        'of those whose weights are here the most accurate other one; "none": neither is done',
    )
    words: str = setting(
        "",
        "more words for channels than the observer's classes and those of the photos: a file .txt, "
        "one a line, or .npz of names and their embeddings, with the image encoder .onnx beside it",
    )
    clip: str = setting(
        "clip_vit_base_patch32",
        "the CLIP of Keras Hub that tells how well the words of a .txt fit photos: a preset, or a "
        "folder with one",
    )
    cache: str = setting("data/cache", "the folder for downloads and unpacked archives")
    workers: int = setting(
        0, "worker processes of one thread each; 0: one for each core, at most 4 for a GPU"
    )
    memory_limit: str = setting(
        "4GiB", "memory at which a worker is restarted, twice that with a GPU"
    )
    scheduler: str = setting(
        "", "address of a running Dask scheduler to join; empty: a local cluster"
    )
    budget: str = setting("", 'time to spend, like "10m" or "1h30m": preview first, then better')


@dataclass(frozen=True)
class SiteSettings:
    """What is published, and where."""

    output: str = setting("site", "the folder that the site is written to")
    address: str = setting(
        "", "where the site will be hosted, https://..., for link previews; may be empty"
    )
    studies: tuple[str, ...] = setting(
        (), "stores of studies to show; empty: those of the [study.NAME] tables"
    )
    pictures: str = setting(
        "auto",
        'the large picture of a channel, which link previews show: "own": a file each; "shared": '
        'a file for 32, for sites of very many; "auto": shared above 20,000 channels',
    )
    pictures_address: str = setting(
        "",
        "where all .jpg, .png and .webp of the site will lie, https://..., if not beside its "
        "pages: a bucket, for a site that its host finds too large; may be empty",
    )


@dataclass(frozen=True)
class WorkbenchSettings:
    """What the workbench keeps, and where it may look."""

    folder: str = setting(
        "data/workbench", "the folder for uploaded photos, the queue of commands and exports"
    )
    roots: tuple[str, ...] = setting(
        ("~", "."), "the folders of this machine in which photos may be chosen and results be put"
    )
    upload_limit: int = setting(
        20, "gigabytes that photos dropped into the browser may have, at most"
    )


@dataclass(frozen=True)
class TrainingSettings:
    """How the heads of a study are trained; all but the first two are for heads trained by Keras.

    A head of kind "logistic" is a multinomial logistic regression whose L2 strength is chosen
    inside the training folds.
    """

    head: str = setting(
        "logistic",
        'the kind of head: "logistic"; "keras": as people train one; "own": the classes that the '
        "network was trained on, of photos that need none",
    )
    class_weights: str = setting("none", 'what a photo counts: "none": the same, or "balanced"')
    optimizer: str = setting("adam", "the Keras optimizer, by name")
    learning_rate: float = setting(
        0.0, "the optimizer's learning rate; 0: by the numbers of features and photos"
    )
    epochs: int = setting(200, "passes over the training photos, at most")
    batch_size: int = setting(32, "photos in a step")
    dropout: float = setting(0.0, "share of the activations that are dropped in training")
    hidden_units: int = setting(0, "units of a hidden layer; 0: a linear head")
    weight_decay: float = setting(0.0, "the optimizer's weight decay")
    early_stopping: int = setting(
        10, "epochs without a better validation loss to stop after; 0: no"
    )


@dataclass(frozen=True)
class AttributionSettings:
    """What is asked of a study's cuts: which channels speak for its classes, and where."""

    cuts: tuple[str, ...] = setting(
        ("best",),
        'the cuts: "best": the recommended one and each backbone\'s best; "none", or names',
    )
    layers: tuple[str, ...] = setting(
        ("stages",),
        'the layers shown: "stages": the last cut of each resolution; "cuts": all; "cut", or names',
    )
    photos: str = setting(
        "500", 'the photos: "all", or a count, dealt out over the classes', or_count=True
    )
    method: str = setting(
        "gradient", 'below the cut: "gradient" times activation, or "integrated" gradients'
    )
    steps: int = setting(16, "steps of integrated gradients")
    groups: int = setting(4, "neuron groups of each photo and class; 0: none")
    graph: int = setting(
        6, "channels of each layer in the graph of a photo and of a class; 0: no graphs"
    )
    pictures: int = setting(2, "different pictures rendered of a class; 0: none")
    pictured_classes: str = setting(
        "24",
        'the classes that get pictures: "all", or a count: those most often confused',
        or_count=True,
    )
    pictured: str = setting(
        "8", 'the photos whose neuron groups get pictures: "all", or a count: worst errors, surest'
    )


@dataclass(frozen=True)
class ActivationAtlasSettings:
    """Of which layers maps are made, and how fine they are."""

    layers: tuple[str, ...] = setting(
        ("none",),
        'the layers mapped: "stages": the last cut of each resolution; "cuts": all; "cut": the '
        'recommended one alone; names; or "none"',
    )
    photos: str = setting(
        "2000", 'the photos: "all", or a count, dealt out over the classes', or_count=True
    )
    parts: int = setting(
        0, "parts a side of each photo, of each of which a place is drawn; 0: by their number"
    )
    grid: int = setting(20, "cells a side of the finest grid; coarser ones are halves of it")


@dataclass(frozen=True)
class DatasetSettings:
    """Which photos, and how what belongs to them is found."""

    dataset: str = setting("", "the photos: a folder, an archive, a CSV or any fsspec address")
    groups: str = setting(
        "",
        "the column of a CSV that says which photos belong together (a patient, a day, a machine): "
        "none is trained on while another is held out",
    )
    table: str = setting(
        "", "the CSV in the dataset that says the classes; empty: the one that names the photos"
    )
    labels: str = setting(
        "", "the column of a CSV that says the classes; empty: the one that is called so"
    )
    file_names: str = setting(
        "nothing",
        'what the names of files say: "nothing", or "classes": what stands before the number, as '
        "in cat.0.jpg",
    )
    several_labels: str = setting(
        "ask",
        'what becomes of photos with several labels: "leave-out", "combine": a class for each '
        'combination; "ask": it has to be said',
    )
    folders: str = setting(
        "auto",
        'what folders above folders of the same names are: "classes", "groups", "folds" or nothing '
        '("ignore"); "auto": what their names say',
    )
    links: str = setting(
        "inside",
        'links to folders that are followed: to what is "inside" the dataset, "all" or "none"',
    )
    rename: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "help": 'other names for classes, {"old" = "new"}, or as an option old=new,...: those '
            "that get the same name are one class"
        },
    )
    leave_out: tuple[str, ...] = setting(
        (),
        "photos that are left out: paths as `diamond check-data` has them, folders of them, or "
        "patterns, in which * stands for anything",
    )
    near_duplicates: str = setting(
        "group",
        'photos of the same picture: "group": on one side of every fold; "report": told of, but '
        'dealt out as if they were different; "ignore": not looked for',
    )


@dataclass(frozen=True)
class StudySettings(DatasetSettings):
    """Which photos, which cuts, and how they are compared."""

    models: tuple[str, ...] = setting(("efficientnet-lite0",), "the backbones to cut")
    cuts: tuple[str, ...] = setting(("all",), 'the cuts to try: "all" or names')
    store: str = setting("data/study.zarr", "where studies are kept: a folder or fsspec address")
    features: str = setting("data/features.zarr", "where pooled activations are kept for reuse")
    cache: str = setting("data/cache", "the folder for downloads and unpacked archives")
    pooling: str = setting(
        "average", 'what heads read of a layer: "average", "maximum" or "both" over its cells'
    )
    views: int = setting(0, "augmented views of each photo to train on besides the photo itself")
    augment: tuple[str, ...] = setting(
        ("flip", "crop", "colour"), 'what augmented views change: "flip", "crop", "colour"'
    )
    folds: int = setting(5, "parts that the photos are split into, each held out once")
    tolerance: float = setting(
        1.0, "points of accuracy that a cheaper cut may be expected to lose: that is the saver"
    )
    seed: int = setting(0, "the seed of folds, views, training and resampling")
    workers: int = setting(0, "worker processes of one thread each; 0: one for each core")
    memory_limit: str = setting("4GiB", "memory at which a worker is restarted")
    scheduler: str = setting(
        "", "address of a running Dask scheduler to join; empty: a local cluster"
    )
    training: TrainingSettings = field(default_factory=TrainingSettings)
    attribution: AttributionSettings = field(default_factory=AttributionSettings)
    activation_atlas: ActivationAtlasSettings = field(default_factory=ActivationAtlasSettings)


@dataclass(frozen=True)
class ModelSettings:
    """A network of one's own, or weights for one of the catalogue's."""

    file: str = setting(
        "", "a network of your own: .keras, .h5, a SavedModel's folder, .pb, .modelzoo or .json"
    )
    weights: str = setting(
        "", "instead of file: a file, or a folder with it, of weights for the catalogue's NAME"
    )
    preprocessing: str = setting(
        "",
        "what the network of a file takes, where it can't be found inside; "
        '"0..1", "0..255", "-1..1", "caffe" or "torch"',
    )
    labels: str = setting("", "a text file with the names of the network's classes, one a line")


@dataclass(frozen=True)
class Configuration:
    """All of `diamond.toml`: the tables that there is one of, the studies and the networks."""

    atlas: AtlasSettings = field(default_factory=AtlasSettings)
    site: SiteSettings = field(default_factory=SiteSettings)
    workbench: WorkbenchSettings = field(default_factory=WorkbenchSettings)
    study: dict[str, StudySettings] = field(default_factory=dict)
    models: dict[str, ModelSettings] = field(default_factory=dict)


TABLES: dict[str, type] = {
    "atlas": AtlasSettings,
    "site": SiteSettings,
    "workbench": WorkbenchSettings,
}
"""The tables that there is one of. `[study.NAME]` and the tables in it: one a study.
`[models.NAME]`: one a network."""

STUDY_TABLES: dict[str, type] = {
    "training": TrainingSettings,
    "attribution": AttributionSettings,
    "activation_atlas": ActivationAtlasSettings,
}
"""The tables in `[study.NAME]`, by the field that holds them."""

PREFIXES: dict[type, str] = {
    AttributionSettings: "attribution_",
    ActivationAtlasSettings: "activation_atlas_",
}
"""What stands before the names of a table's options, where another table has the same names."""
