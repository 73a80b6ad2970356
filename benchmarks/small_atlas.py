"""A small atlas, as the benchmarks of many machines and of faulty stores make it, in one process.

    PYTHONPATH=tests/precompute/atlas/fake:benchmarks .venv/bin/python benchmarks/small_atlas.py \
        STORE [--scheduler tcp://HOST:8786] [--models 3] [--seconds 1] [--greedy HOST]

Its pictures are the noise of the tests' fake, so that what is measured is the work around them:
who makes what, and what becomes of it. Each chunk of 8 takes `--seconds`; on the host named by
`--greedy` it takes all memory, too. `--real` renders EfficientNet-Lite0's first cuts instead.
"""

import argparse
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from typing import Any

import fake_pictures

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.stores.atlas.atlas_layout import Pictures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--scheduler", default="")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--greedy", default="")
    parser.add_argument("--real", action="store_true")
    options = parser.parse_args()
    settings = AtlasSettings(
        store=options.store,
        scheduler=options.scheduler,
        workers=options.workers,
    )
    try:
        if options.real:
            layers = ("stem_activation", "block1a_project_bn")
            summary = render_atlas(replace(settings, layers=layers, observer="none"))
        else:
            summary = render_atlas(
                replace(settings, models=tuple(f"net{number}" for number in range(options.models))),
                load=fake_pictures.load,
                render=partial(render, options.seconds, options.greedy),
                measure=fake_pictures.measure,
                weigh=fake_pictures.weigh,
            )
    except UserError as error:
        print(f"diamond: {error}", file=sys.stderr)
        return 2
    for failure in summary.failures:
        print(f"failed for good: {failure}", file=sys.stderr)
    print(f"made {summary.made}, {len(summary.failures)} failed")
    return 1 if summary.failures else 0


def render(seconds: float, greedy: str, *asked: Any) -> Pictures:
    """Slowly; on a host of that name with all the memory that it gets. What is made is logged."""
    time.sleep(seconds)
    if socket.gethostname() == greedy:
        _eat()
    print(f"made {asked[0].name}/{asked[1].name} {min(asked[4])}", flush=True)
    return fake_pictures.render(*asked)


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(b"\1" * 2**26)
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
