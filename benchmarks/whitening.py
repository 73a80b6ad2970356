"""Whitening: does a whitened direction tell what it was taken from from other photos?

Of Lite0's layers: the activations at places of held-out photos are the directions w; the signal is
w . w' by the standard deviation of w' . z on all held-out photos, with w' whitened by the natural
covariance of other photos, and by that of the sample crops, with some shrinkages. Without
whitening w' is w.
"""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import numpy as np
from contestants import one_thread

LAYERS = "stem_activation,block3b_add,block5b_add,block7a_project_bn,top_activation"
SHRINKAGES = (0.01, 0.1, 0.3, 1.0, 3.0)
PLACES = 60


def main() -> None:
    options = ArgumentParser(description=__doc__)
    options.add_argument("photos", help="a folder, an archive or an address of photos")
    options.add_argument("--layers", default=LAYERS, help="names, with commas between")
    options.add_argument("--cache", default="data/cache", help="for downloads and archives")
    chosen = options.parse_args()
    one_thread()

    from diamond_cutter.precompute.atlas.activation_measurement import measure_layers
    from diamond_cutter.precompute.atlas.statistics_photos import choose_photos
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.backbones.formats.photo_input import prepare
    from diamond_cutter.precompute.backbones.graph.cut_network import truncate
    from diamond_cutter.precompute.rendering.direction_whitening import whiten
    from diamond_cutter.precompute.rendering.recipes import canvas_side
    from diamond_cutter.precompute.rendering.target_readings import natural_units

    backbone = catalogue.load("efficientnet-lite0")
    found = choose_photos(chosen.photos, Path(chosen.cache), lambda *_: None)
    measured = replace(found, files=found.files[::2])
    held_out = replace(found, files=found.files[1::2])
    samples = choose_photos("", Path(chosen.cache), lambda *_: None)
    print(f"{len(measured.files)} photos of {found.source}, {len(held_out.files)} others held out")
    print(f"{'layer':20}{'whitened by':12}{'no':>6}" + "".join(f"{each:7}" for each in SHRINKAGES))
    for name in chosen.layers.split(","):
        layer = backbone.layer(name)
        side = canvas_side(layer.receptive_field)
        [(mean, spread)] = natural_units(backbone, [layer])
        network = truncate(backbone, name)
        z = np.concatenate(
            [
                ((np.asarray(network(prepare(image, side)[None])) - mean) / spread).reshape(
                    -1, layer.channels
                )
                for image in held_out.images()
            ]
        )
        directions = z[np.random.default_rng(0).choice(len(z), PLACES, replace=False)]
        for whose, photos in (("photos", measured), ("samples", samples)):
            [(_, covariance, _)] = measure_layers(backbone, [layer], side, photos)
            if covariance is None:
                raise SystemExit(f"{name} is too wide for a covariance")
            readings = [
                directions,
                *(whiten(directions, covariance, spread, each) for each in SHRINKAGES),
            ]
            signals = [
                np.mean((directions * reading).sum(1) / (z @ reading.T).std(0))
                for reading in readings
            ]
            print(f"{name:20}{whose:12}" + "".join(f"{each:7.2f}" for each in signals), flush=True)


if __name__ == "__main__":
    main()
