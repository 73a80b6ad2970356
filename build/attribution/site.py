"""The part of the site about networks by themselves: its files, of them only what has changed."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np

from diamond_cutter.build import templates
from diamond_cutter.build.attribution.bars import Atlas
from diamond_cutter.build.attribution.networks import (
    Questioned,
    questioned_files,
    questioned_pages,
)
from diamond_cutter.build.attribution.reader import ExplainedStudy, contents, views
from diamond_cutter.build.frame import Surroundings
from diamond_cutter.build.sources import digest, generator_digest
from diamond_cutter.build.staging import Stage


def write_questioned(
    stage: Stage,
    around: Surroundings,
    questioned: Sequence[Questioned],
    atlas: Atlas,
    report: Callable[[str, int, int], None],
) -> dict[str, str]:
    """Write the files of each, or keep them all; the digest of each by its path."""
    generator = generator_digest()
    shown_from = {}
    for done, each in enumerate(questioned):
        report("networks", done, len(questioned))
        facts = ("facts", repr((generator, around, each.name, each.report)).encode())
        thumbnails = ("thumbnails", np.asarray(each.thumbnail[:]).tobytes())
        made_of = digest(chain([facts, thumbnails], looked_at(each.explained, atlas)))
        shown_from[each.path] = made_of
        if not stage.keep_all(each.path, made_of):
            for path, content in _files(around, each, atlas):
                stage.write(each.path + path, content)
    if questioned:
        report("networks", len(questioned), len(questioned))
    return shown_from


def looked_at(explained: ExplainedStudy, atlas: Atlas) -> Iterator[tuple[str, bytes]]:
    """What is explained, and which of the channels' pictures there are."""
    yield from contents(explained)
    for view in views(explained):
        if layer := atlas.get(view.atlas):
            yield f"{view.atlas} {layer.side}", layer.level.tobytes() + layer.flag.tobytes()


def _files(
    around: Surroundings, questioned: Questioned, atlas: Atlas
) -> Iterator[tuple[str, bytes]]:
    environment = templates.environment()
    yield from questioned_files(questioned)
    for path, template, page in questioned_pages(around, questioned, atlas):
        yield path, templates.render(environment, template, page)
