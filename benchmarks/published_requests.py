"""How many requests, and bytes, pictures of a published atlas take over plain HTTP.

    .venv/bin/python benchmarks/published_requests.py [ATLAS] [--model MODEL] [--layer LAYER]

Publishes the atlas (default data/atlas.zarr) into a temporary folder, serves that on this machine,
and counts what comes in at the server: for a page of 64 pictures and a whole layer, by Zarr as
anybody has it, and by `[atlas] base`, which checks every byte; and for all of a model by that.
"""

import argparse
import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import zarr
from flask import Response
from werkzeug.serving import make_server

from diamond_cutter.precompute.stores.atlas.atlas_writer import create_atlas
from diamond_cutter.precompute.stores.published.base_atlas import open_bases, take_from_bases
from diamond_cutter.precompute.stores.published.base_layer import Wish
from diamond_cutter.precompute.stores.published.store_publication import publish_store
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.web.local_server import create_app

PAGE = 64
"""Pictures."""


@contextmanager
def served(folder: Path, answers: list[int]) -> Iterator[str]:
    """The address of a folder; the bytes of each answer go into `answers`."""
    app = create_app(folder)

    @app.after_request
    def count(answer: Response) -> Response:
        answers.append(answer.content_length or 0)
        return answer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atlas", nargs="?", default="data/atlas.zarr")
    parser.add_argument("--model", default="efficientnet-lite0")
    parser.add_argument("--layer", default="block6a_project_bn")
    options = parser.parse_args()
    model, layer = options.model, options.layer
    answers: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        published = publish_store(
            zarr.open_group(options.atlas, mode="r"), f"{folder}/published", ""
        ).manifest
        channels = sum(each["channels"] for each in published.models.values())
        rate = (len(published.objects) + 1) / channels
        print(f"{channels:,} channels: {len(published.objects) + 1:,} objects with the manifest")
        print(f"a million channels like these: {rate * 1e6:,.0f} objects")
        with served(Path(folder) / "published", answers) as address:

            def pictures(count: int | None) -> None:
                images = array(zarr.open_group(address, mode="r"), f"{model}/{layer}/images")
                np.asarray(images[:count])

            def base(name: str, channels: dict[str, range] | None) -> None:
                atlas = create_atlas(f"{folder}/{name}.zarr")
                (taken,) = found = open_bases([address])
                take_from_bases(found, atlas, [Wish(model, channels=channels)])
                assert not taken.problems, taken.problems

            count = array(zarr.open_group(address, mode="r"), f"{model}/{layer}/images").shape[0]
            cases: dict[str, Callable[[], None]] = {
                f"Zarr, {PAGE} pictures of {layer}": lambda: pictures(PAGE),
                f"Zarr, its {count}": lambda: pictures(None),
                f"base, {PAGE} of {layer}, and all of it": lambda: base(
                    "page", {layer: range(PAGE)}
                ),
                f"base, its {count}, and all of it": lambda: base("layer", {layer: range(count)}),
                f"base, all of {model}": lambda: base("model", None),
            }
            for title, case in cases.items():
                answers.clear()
                case()
                print(f"{title}: {len(answers)} requests, {sum(answers) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
