"""The study of all cuts of a backbone against an ordinary Keras script for the same cuts, one run.

    python benchmarks/study_against_keras.py FOLDER

FOLDER holds a folder of photos for each class. The ordinary script does what Keras's guide to
transfer learning does, once for each cut: the frozen network up to the cut, global average pooling,
a Dense layer, `fit`. It is spared what the study pays for: its photos are decoded and prepared
beforehand, it trains once, without folds and without a choice of strength, and TensorFlow has
started. The study is `diamond study` as a user runs it, a process of its own with empty stores;
its heads are trained in every fold, so that every photo is held out once. It leaves out what the
heads look at, which the script does not tell either.

Both are judged on the photos of the study's first fold.
"""

import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.photos.images.image_decoding import decode
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.study.study_reader import (
    cut_group,
    open_studies,
    read_report,
    study_group,
)


def main() -> None:
    """Print both times, and both accuracies of each cut."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument(
        "--every", type=int, default=1, help="only every so many cuts, from the last"
    )
    options = parser.parse_args()
    backbone = catalogue.load(options.model)
    cuts = [layer.name for layer in backbone.layers if layer.is_cut][:: -options.every][::-1]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        study(options.folder, options.model, cuts, Path(folder))
        ours = time.perf_counter() - started
        print(f"diamond study: {len(cuts)} cuts in {ours:.1f} s")
        group = study_group(open_studies(f"{folder}/study.zarr"), "benchmark")
        label = np.asarray(array(group, "photos/label")[:])
        test = np.asarray(array(group, "photos/fold")[:]) == 0
        images = np.stack(
            [
                prepare(decode(options.folder / file.path).image, backbone.input_size)
                for file in read_report(group).photos
            ]
        )
        theirs, differences = 0.0, []
        for cut in cuts:
            seconds, right = ordinary(backbone, cut, images, label, test, options)
            probability = np.asarray(array(cut_group(group, options.model, cut), "probability")[:])
            our_right = probability.argmax(axis=1)[test] == label[test]
            theirs += seconds
            differences.append(our_right.mean() - right.mean())
            print(
                f"{cut:24} ordinary script {seconds:6.1f} s, accuracy {right.mean():.3f}; "
                f"study {our_right.mean():.3f}",
                flush=True,
            )
    print(
        f"ordinary script {theirs:.0f} s, study {ours:.1f} s: {theirs / ours:.1f} times faster; "
        f"accuracy of the study minus the script's: {np.mean(differences):+.3f} in the mean of "
        f"{len(cuts)} cuts, on {test.sum()} photos"
    )


def study(photos: Path, model: str, cuts: list[str], folder: Path) -> None:
    """`diamond study`, from nothing."""
    command = [
        *(str(Path(sys.executable).with_name("diamond")), "study", "benchmark"),
        *("--dataset", str(photos), "--models", model, "--cuts", ",".join(cuts)),
        *("--store", f"{folder}/study.zarr", "--features", f"{folder}/features.zarr"),
        *("--cache", f"{folder}/cache", "--attribution-cuts", "none"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ordinary(
    backbone: Backbone,
    cut: str,
    images: NDArray[np.float32],
    label: NDArray[np.int32],
    test: NDArray[np.bool_],
    options: Any,
) -> tuple[float, NDArray[np.bool_]]:
    """The seconds of building, fitting and judging, and whether each test photo came out right."""
    started = time.perf_counter()
    keras.utils.set_random_seed(0)
    base = keras.Model(backbone.model.input, backbone.model.get_layer(cut).output)
    base.trainable = False
    inputs = keras.Input(images.shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
    outputs = keras.layers.Dense(int(label.max()) + 1, activation="softmax")(pooled)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(options.learning_rate), "sparse_categorical_crossentropy")
    model.fit(images[~test], label[~test], epochs=options.epochs, verbose=0)
    right = model.predict(images[test], verbose=0).argmax(axis=1) == label[test]
    return time.perf_counter() - started, right


if __name__ == "__main__":
    main()
