"""Photos a second that are explained, against a plain pass forward, and one forward and back.

All in one run, after tracing, batch by batch: the pass forward, with the gradient of one logit by
the input, the attribution of ten classes at the cut, of three classes at all cuts below it as well,
that with neuron groups, and of all ten below.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import skimage.data

from diamond_cutter.precompute.attribution.attribution_task import describe_answer
from diamond_cutter.precompute.attribution.attributor import BATCH, Attributor
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.backbones.keras_runtime import tf

CLASSES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--cut", default="top_activation")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    backbone = catalogue.load(options.model)
    cut = backbone.layer(options.cut)
    below = [layer.name for layer in backbone.layers if layer.is_cut and layer.index < cut.index]
    scenes = (skimage.data.chelsea(), skimage.data.coffee(), skimage.data.rocket())
    photos = [prepare(scene, backbone.input_size) for scene in scenes]
    images = np.stack([photos[number % len(photos)] for number in range(BATCH)])
    labels = np.arange(BATCH) % CLASSES
    generator = np.random.default_rng(0)
    weight = generator.normal(0, 0.1, (cut.channels, CLASSES)).astype(np.float32)

    network = truncate(backbone, cut.name, pre_activation=False)
    forward = tf.function(lambda batch: network(batch, training=False))
    slope = tf.function(lambda batch: gradient(network, batch, weight[:, 0]))
    batch = tf.constant(images)
    at_cut = Attributor(backbone, [cut.name], "average")
    everywhere = Attributor(backbone, [*below, cut.name], "average")
    with ThreadPoolExecutor() as pool:

        def explain(attributor: Attributor, classes: int, groups: int) -> None:
            head = [(weight[:, :classes], np.zeros(classes, np.float32))]
            for answer in attributor.ask(images, labels % classes, head)[1].values():
                describe_answer(answer, groups, pool)

        ways: dict[str, Callable[[], object]] = {
            "forward": lambda: forward(batch).numpy(),
            "forward and back": lambda: slope(batch).numpy(),
            f"all {CLASSES} classes at {cut.name}": lambda: explain(at_cut, CLASSES, 0),
            f"3 classes at {len(below)} layers below as well": lambda: explain(everywhere, 3, 0),
            "the same with 4 neuron groups of each layer": lambda: explain(everywhere, 3, 4),
            f"all {CLASSES} classes at {len(below)} layers below as well": lambda: explain(
                everywhere, CLASSES, 0
            ),
        }
        seconds = {name: measure(way, options.rounds) for name, way in ways.items()}
    plain, both = seconds["forward"], seconds["forward and back"]
    print(f"{options.model}, {BATCH} photos in a batch, the best of {options.rounds} rounds")
    for name, each in seconds.items():
        print(
            f"{name:44}{BATCH / each:7.1f} photos a second, {each / plain:5.1f} times forward, "
            f"{each / both:4.1f} times forward and back"
        )


def gradient(network, images, weights):  # type: ignore[no-untyped-def]
    with tf.GradientTape() as tape:
        tape.watch(images)
        logit = tf.reduce_sum(
            tf.reduce_mean(network(images, training=False), (1, 2)) @ weights[:, None]
        )
    return tape.gradient(logit, images)


def measure(way: Callable[[], object], rounds: int) -> float:
    """The least seconds of a round, after one that traces."""
    way()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        way()
        took.append(time.perf_counter() - started)
    return min(took)


if __name__ == "__main__":
    main()
