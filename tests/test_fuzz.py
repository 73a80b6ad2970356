"""Damaged and hostile files of every kind: an answer or one line, no traceback, nothing outside.

`make fuzz` tries many, `DIAMOND_FUZZ` says how many of each kind. Case N of a kind is always the
same; a case that fails is left where the message says.
"""

import faulthandler
import io
import json
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from diamond_cutter.command.main import main
from diamond_cutter.precompute.backbones.keras_runtime import keras, tf

CASES = int(os.environ.get("DIAMOND_FUZZ", "40"))
SLOW = {"arrays": 10}
"""Kinds of which so many times fewer are tried."""

LONGEST = 120
"""Seconds after which a case counts as a hang: the process ends with where it hung."""

NUMBERS = [-(2**31), -1, 0, 1, 2, 3, 7, 255, 2**63, 0.5, -1e308, float("nan")]
WORDS = ["", "..", "../out", "/", "Lambda", "Functional", "conv", "\ud83d\ude00", "a" * 300, "\0"]
ODD = [*NUMBERS, *WORDS, None, True, False, [], {}, [[]], {"class_name": "Dense", "config": {}}]

pytestmark = pytest.mark.filterwarnings("ignore")


def damaged(content: bytes, random: Random) -> bytes:
    """The bytes with a few of them changed, taken out, doubled, or cut off."""
    made = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 5, 20])):
        start = random.randrange(len(made) + 1)
        end = min(start + random.choice([1, 2, 4, 16, 200]), len(made))
        match random.randrange(6):
            case 0:
                made[start:end] = random.randbytes(end - start)
            case 1:
                del made[start:end]
            case 2:
                made[start:start] = made[start:end]
            case 3:
                made[start:end] = bytes(end - start)
            case 4:
                made[start:start] = str(random.choice(ODD)).encode("utf-8", "surrogatepass")
            case 5 if random.random() < 0.2:
                del made[start:]
    return bytes(made)


def disturbed(value: Any, random: Random) -> Any:
    """A JSON document with one of its values another one, taken out or moved."""
    places: list[tuple[Any, Any]] = []
    values: list[Any] = []

    def walk(each: Any) -> None:
        for key in each if isinstance(each, dict) else range(len(each)):
            places.append((each, key))
            values.append(json.loads(json.dumps(each[key])))
            if isinstance(each[key], dict | list):
                walk(each[key])

    made = json.loads(json.dumps(value))
    walk(made)
    for _ in range(random.choice([1, 1, 2, 4])):
        where, key = random.choice(places)
        new = random.choice([random.choice(ODD), random.choice(values)])
        if random.random() < 0.2 and isinstance(where, dict):
            where.pop(key, None)
        elif isinstance(where, dict) or key < len(where):
            where[key] = new
    return made


def network() -> Any:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    value = keras.layers.RandomFlip()(keras.layers.Rescaling(1 / 255)(photo))
    value = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="one")(value)
    value = keras.layers.BatchNormalization()(keras.layers.DepthwiseConv2D(3)(value))
    value = keras.layers.Concatenate()([value, keras.layers.ReLU()(value)])
    value = keras.layers.GlobalAveragePooling2D()(value)
    return keras.Model(photo, keras.layers.Dense(3, activation="softmax")(value))


def keras_files(folder: Path) -> Callable[[Random], list[str]]:
    network().save(folder / "seed.keras")
    seed = (folder / "seed.keras").read_bytes()
    with zipfile.ZipFile(folder / "seed.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def make(random: Random) -> list[str]:
        path = folder / "case.keras"
        if random.random() < 0.2:
            path.write_bytes(damaged(seed, random))
        else:
            config = disturbed(json.loads(parts["config.json"]), random)
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in (parts | {"config.json": json.dumps(config)}).items():
                    archive.writestr(name, content)
        return layers_of(path)

    return make


def keras_2_files(folder: Path) -> Callable[[Random], list[str]]:
    known = Path(__file__).parent / "precompute/backbones/formats/keras2/keras2_networks.json"
    networks = list(json.loads(known.read_text()).values())

    def make(random: Random) -> list[str]:
        chosen = random.choice(networks)
        config = json.dumps(disturbed(chosen["config"], random))
        weights = disturbed(chosen["weights"], random) if random.random() < 0.2 else None
        weights = weights if isinstance(weights, dict) else chosen["weights"]
        weights = {name: usable(shapes) for name, shapes in weights.items() if name.strip("/")}
        path = folder / random.choice(["case.h5", "case.h5", "case.keras"])
        path.unlink(missing_ok=True)
        (write_keras_2 if path.suffix == ".h5" else write_keras_2_archive)(path, config, weights)
        if random.random() < 0.2:
            path.write_bytes(damaged(path.read_bytes(), random))
        return layers_of(path)

    return make


def usable(shapes: Any) -> dict[str, list[int]]:
    """Those of the shapes, by name, of which an array can be made."""
    return {
        name: shape
        for name, shape in (shapes if isinstance(shapes, dict) else {}).items()
        if isinstance(shape, list) and all(type(n) is int and 0 <= n < 300 for n in shape)
    }


def write_keras_2(path: Path, config: str, weights: dict[str, dict[str, list[int]]]) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.12.0"
        file.attrs["model_config"] = config
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = list(weights) or ["none"]
        for entry, shapes in weights.items():
            inside = group.require_group(entry.strip("/"))
            inside.attrs["weight_names"] = list(shapes) or ["none"]
            for name in (name for name in shapes if name not in inside):
                inside[name] = np.ones(shapes[name], np.float32)


def write_keras_2_archive(
    path: Path, config: str, weights: dict[str, dict[str, list[int]]]
) -> None:
    """Its groups have the names that most of the layers have, those that Keras gave."""
    inside = io.BytesIO()
    with h5py.File(inside, "w") as file:
        for entry, shapes in weights.items():
            for number, shape in enumerate(shapes.values()):
                file[f"layers/{entry.strip('/')}/vars/{number}"] = np.ones(shape, np.float32)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "2.12.0"}')
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", inside.getvalue())


def frozen_graphs(folder: Path) -> Callable[[Random], list[str]]:
    graph = tf.Graph()
    with graph.as_default():
        value = photo = tf.compat.v1.placeholder(tf.float32, (None, None, None, 3), name="image")
        for _ in range(2):
            value = tf.nn.swish(tf.nn.conv2d(value, tf.ones((3, 3, 3, 3)) / 9, 2, "SAME"))
        tf.linalg.matmul(tf.reduce_mean(value, [1, 2]), tf.ones((3, 2)), name="out")
    del photo
    seed = graph.as_graph_def().SerializeToString(deterministic=True)
    note = {"input_name": "image", "image_shape": [16, 16, 3], "image_value_range": [0, 1]}

    def make(random: Random) -> list[str]:
        is_note = random.random() < 0.3
        path = folder / "case.pb"
        path.write_bytes(seed if is_note else damaged(seed, random))
        told = disturbed({"model_path": "case.pb", **note}, random) if is_note else note
        (folder / "case.json").write_text(json.dumps({"model_path": "case.pb", **told}))
        return layers_of(path)

    return make


def layers_of(path: Path) -> list[str]:
    settings = path.with_name("diamond.toml")
    settings.write_text(f'[models.mine]\nfile = "{path}"\n')
    return ["layers", "mine", "--json", "--config", str(settings)]


def photos() -> dict[str, bytes]:
    made = {}
    for number, kind in enumerate(("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP")):
        pixels = np.random.default_rng(number).integers(0, 255, (24, 24, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind)
        made[f"{'ab'[number % 2]}/{number}.{kind.lower()}"] = file.getvalue()
    return made


def datasets(folder: Path) -> Callable[[Random], list[str]]:
    seeds = photos()
    table = "path,label\n" + "".join(f"{name},{name[0]}\n" for name in seeds)

    def make(random: Random) -> list[str]:
        dataset = folder / "photos"
        for name, content in seeds.items():
            path = dataset / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damaged(content, random) if random.random() < 0.4 else content)
        written = damaged(table.encode(), random) if random.random() < 0.7 else table.encode()
        (dataset / "labels.csv").write_bytes(written)
        return ["check-data", str(random.choice([dataset, dataset / "labels.csv"])), "--json"]

    return make


def archives(folder: Path) -> Callable[[Random], list[str]]:
    seeds = photos()

    def make(random: Random) -> list[str]:
        names = {name: random.choice([name] * 6 + [f"../{name}", f"/{name}"]) for name in seeds}
        file = io.BytesIO()
        kind = random.choice(["zip", "tar", "tar.gz"])
        if kind == "zip":
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in seeds.items():
                    archive.writestr(names[name], content)
        else:
            with tarfile.open(fileobj=file, mode="w:gz" if kind == "tar.gz" else "w") as tar:
                for name, content in seeds.items():
                    member = tarfile.TarInfo(names[name])
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
        path = folder / f"case.{kind}"
        path.write_bytes(damaged(file.getvalue(), random))
        return ["check-data", str(path), "--json"]

    return make


def settings_files(folder: Path) -> Callable[[Random], list[str]]:
    seed = Path(__file__).parents[1] / "diamond.toml"

    def make(random: Random) -> list[str]:
        path = folder / "case.toml"
        path.write_bytes(damaged(seed.read_bytes(), random))
        return ["models", "--json", "--source", "PyPI", "--config", str(path)]

    return make


def arrays(folder: Path) -> Callable[[Random], list[str]]:
    head, line = io.BytesIO(), io.BytesIO()
    np.savez(head, weights=np.ones((4, 3)), bias=np.zeros(3), names=["a", "b", "c"])
    np.save(line, np.ones((2, 4)))
    network().save(folder / "seed.keras")
    settings = folder / "diamond.toml"
    settings.write_text(f'[models.mine]\nfile = "{folder}/seed.keras"\n')

    def make(random: Random) -> list[str]:
        path = folder / random.choice(["case.npz", "case.npy"])
        seed = (head if path.suffix == ".npz" else line).getvalue()
        path.write_bytes(damaged(seed, random))
        asked = random.choice([["--classes", "1", "--head"], ["--direction"]])
        words = ["render", "mine", "one", "--config", str(settings)]
        return [*words, *asked, str(path), "-o", str(settings)]  # which is a file

    return make


KINDS: dict[str, Callable[[Path], Callable[[Random], list[str]]]] = {
    "archives": archives,
    "arrays": arrays,
    "datasets": datasets,
    "frozen graphs": frozen_graphs,
    "files of Keras": keras_files,
    "files of Keras 2": keras_2_files,
    "settings": settings_files,
}


def everything(folder: Path) -> Iterator[Path]:
    """What lies there, but for the user's cache and the project's `data`."""
    return (path for path in folder.rglob("*") if not {"cache", "data"} & {*path.parts})


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_is_told_in_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, beside = tmp_path / "given", tmp_path / "here"
    folder.mkdir()
    beside.mkdir()
    monkeypatch.chdir(beside)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make = KINDS[kind](folder)
    for number in range(CASES // SLOW.get(kind, 1)):
        if number % 100 == 99:
            keras.backend.clear_session()  # which remembers every network
        words = make(Random(f"{kind} {number}"))  # noqa: S311
        given = set(everything(tmp_path))
        faulthandler.dump_traceback_later(LONGEST, exit=True, file=sys.__stderr__)
        try:
            code = main(words)
        except BaseException as error:
            raise AssertionError(f"case {number}: diamond {' '.join(words)}") from error
        finally:
            faulthandler.cancel_dump_traceback_later()
        told = [line for line in capsys.readouterr().err.splitlines() if line]
        assert code in (0, 2), f"case {number}: {words}"
        assert code == 0 or [line[:9] for line in told[-1:]] == ["diamond: "], f"case {number}"
        assert set(everything(tmp_path)) == given, f"case {number}: {words}"
