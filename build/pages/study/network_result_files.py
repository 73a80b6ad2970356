"""The part of the site about networks by themselves: its files, of them only what has changed."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np

from diamond_cutter.build.charts.signed_bars import Atlas
from diamond_cutter.build.explained_study import ExplainedStudy, contents, views
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.page_frame import Surroundings
from diamond_cutter.build.pages.study.network_result_page import (
    NetworkByItself,
    questioned_files,
    questioned_pages,
)
from diamond_cutter.build.publish.generator_digest import digest, generator_digest
from diamond_cutter.build.publish.site_staging import Stage


def write_networks(
    stage: Stage,
    around: Surroundings,
    questioned: Sequence[NetworkByItself],
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
    around: Surroundings, questioned: NetworkByItself, atlas: Atlas
) -> Iterator[tuple[str, bytes]]:
    environment = page_templates.environment()
    yield from questioned_files(questioned)
    for path, template, page in questioned_pages(around, questioned, atlas):
        yield path, page_templates.render(environment, template, page)
