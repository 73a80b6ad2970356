"""The files of layers, made in processes, or kept where what they are made from is as it was."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TypeVar

from diamond_cutter.build.layer_circuits import layer_circuits
from diamond_cutter.build.layer_likeness import LikenessSearch
from diamond_cutter.build.pages import page_templates
from diamond_cutter.build.pages.atlas.layer_files import layer_files, layer_paths, pages_digest
from diamond_cutter.build.pages.attribution.channel_statistics_view import LayerStatistics
from diamond_cutter.build.pages.circuits.weights_page import weights_paths
from diamond_cutter.build.pages.data.document_kinds import document_sizes
from diamond_cutter.build.pages.likeness.likeness_links import pair_paths
from diamond_cutter.build.pages.maps.map_links import LayerMaps, layer_map_links
from diamond_cutter.build.pages.page_frame import Surroundings, root_of
from diamond_cutter.build.publish.generator_digest import generator_digest
from diamond_cutter.build.publish.link_check import LinkCheck, check_files
from diamond_cutter.build.publish.site_manifest import (
    Manifest,
    Part,
    is_page,
    part_of,
    read_part,
    write_manifest,
)
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.tiles import channel_pictures

FEW = 1000
"""Channels up to which processes take longer to start than they save."""
PAGES = 256
"""Pages that are checked at once."""

Given = TypeVar("Given")
Made = TypeVar("Made")
Statistics = Mapping[str, tuple[LayerStatistics, ...]]
"""What studies say of the channels of layers, by the layer's path."""


@dataclass(frozen=True)
class LayerBuilder:
    """Builds the layers of an atlas into a stage, any number of them at a time.

    folder, output: of the stage and of the last site. statistics: what studies say of channels.
    stored: what told how the pictures of layers lay in the store for the last site.
    """

    folder: Path
    output: Path
    around: Surroundings
    models: tuple[ModelAtlas, ...]
    statistics: Statistics
    maps: LayerMaps
    stored: Mapping[str, str]

    def build(self, place: tuple[int, int]) -> Part:
        """Write what has changed of a layer, which is a part of the site.

        place: the number of its model, and its own among those that are rendered.
        """
        model = self.models[place[0]]
        layer = model.rendered[place[1]]
        stage = Stage(self.folder, self.output, read_part(self.output, layer.path))
        stored = channel_pictures.stored_state(layer)
        is_as_it_was = bool(stored) and stored == self.stored.get(layer.path)
        made_from = _write_pictures(stage, layer, is_as_it_was)
        shown_from = self._write_pages(stage, model, layer, made_from)
        made = Manifest(stage.files, {layer.path: made_from}, {layer.path: shown_from})
        is_kept = stage.is_as_last(made)
        if not is_kept:
            stage.link_kept()
            write_manifest(self.folder / layer.path, made)
        return replace(
            part_of(made.files),
            changed=len(stage.changed),
            lacks=stage.lacks,
            is_kept=is_kept,
            stored=stored,
            documents=document_sizes(made.files),
        )

    def link(self, part: str) -> None:
        """Take over a part of the last site, which is kept as it is."""
        Stage(self.folder, self.output, Manifest()).link_part(part)

    def check_part(self, part: str) -> int:
        """Check the links of the pages of a part of the stage, which is whole; how many pages."""
        return self.check([path for path in read_part(self.folder, part).files if is_page(path)])

    def check(self, pages: Sequence[str]) -> int:
        """Check the links of pages of the stage, which is whole; how many pages."""
        for path in pages:
            self._links.check(path, (self.folder / path).read_text(encoding="utf-8"))
        return len(pages)

    @cached_property
    def _search(self) -> LikenessSearch:
        return LikenessSearch(self.models)

    @cached_property
    def _generator(self) -> str:
        return generator_digest()

    @cached_property
    def _links(self) -> LinkCheck:
        is_there = lru_cache(1 << 16)(lambda path: (self.folder / path).is_file())
        return LinkCheck(is_there, self.around.address, self.around.pictures)

    def _write_pages(
        self, stage: Stage, model: ModelAtlas, layer: RenderedLayer, made_from: str
    ) -> str:
        """Write what of a layer's pages has changed; a digest of all that they are made from."""
        said = tuple(
            layer_statistics
            for layer_statistics in self.statistics.get(layer.path, ())
            if layer.is_of(layer_statistics.view.cut.weights_digest)
        )
        circuits = layer_circuits(model, layer)
        compared = self._search.layers(model, layer)
        theirs = layer_map_links(self.maps, model, layer.layer.name, root_of(layer.path))
        shown_from = pages_digest(
            self._generator,
            self.around,
            model,
            layer,
            made_from,
            said,
            circuits,
            self._search.contents(compared),
            theirs,
        )
        paths = layer_paths(layer) + pair_paths(compared)
        if circuits.made_of is not None:
            paths += weights_paths(layer)
        same = stage.last.pages.get(layer.path) == shown_from
        if same and all(map(stage.holds, paths)):
            for path in paths:
                stage.keep(path)
        else:
            environment, likeness = page_templates.environment(), self._search.find(compared)
            for path, content in layer_files(
                environment, self.around, model, layer, said, circuits, likeness, theirs
            ):
                stage.write(path, content)
        check_files(stage.files, paths)
        return shown_from


def _write_pictures(stage: Stage, layer: RenderedLayer, is_as_it_was: bool) -> str:
    """Write what of a layer's picture files has changed; a digest of what they are made from.

    is_as_it_was: whether the store tells that it holds the pictures of the last site.
    """
    last = stage.last.pictures.get(layer.path, "")
    paths = channel_pictures.picture_paths(layer)
    is_there = bool(last) and all(map(stage.holds, paths))
    if is_there and (is_as_it_was or last == channel_pictures.digest(layer)):
        for path in paths:
            stage.keep(path)
        return last
    made_from = channel_pictures.write_pictures(layer, stage.write)
    check_files(stage.files, paths)
    return made_from


class BuilderProcesses:
    """A `LayerBuilder` in a process for each core; in this one where there is little to do."""

    def __init__(self, builder: LayerBuilder, pool: ProcessPoolExecutor | None) -> None:
        """Use the processes of `pool`, each started by `_start`."""
        self._builder, self._pool = builder, pool

    def build(self) -> Iterator[tuple[RenderedLayer, Part]]:
        """Build all layers of the atlas, in their order."""
        placed = [
            (layer, (at, number))
            for at, model in enumerate(self._builder.models)
            for number, layer in enumerate(model.rendered)
        ]
        parts = self._map(LayerBuilder.build, [place for _, place in placed])
        yield from zip((layer for layer, _ in placed), parts, strict=True)

    def link(self, parts: Iterable[str]) -> None:
        """Take over parts of the last site, which are kept as they are."""
        for _ in self._map(LayerBuilder.link, parts):
            pass

    def check(self, parts: Iterable[str], pages: Sequence[str]) -> Iterator[int]:
        """Check the links of the pages of parts, and of others; how many, again and again."""
        yield from self._map(LayerBuilder.check_part, parts)
        runs = [pages[start : start + PAGES] for start in range(0, len(pages), PAGES)]
        yield from self._map(LayerBuilder.check, runs)

    def _map(
        self, method: Callable[[LayerBuilder, Given], Made], given: Iterable[Given]
    ) -> Iterator[Made]:
        if self._pool is None:
            return (method(self._builder, each) for each in given)
        return self._pool.map(partial(_run, method), given)


@contextmanager
def builder_processes(builder: LayerBuilder) -> Iterator[BuilderProcesses]:
    """Processes with a builder each, until the end of the block."""
    channels = sum(layer.layer.channels for model in builder.models for layer in model.rendered)
    if channels <= FEW or os.cpu_count() == 1:
        yield BuilderProcesses(builder, None)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(mp_context=context, initializer=_start, initargs=(builder,)) as pool:
        try:
            yield BuilderProcesses(builder, pool)
        finally:
            pool.shutdown(cancel_futures=True)


_own: list[LayerBuilder] = []
"""The builder of this process, where it is one of a pool."""


def _start(builder: LayerBuilder) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who waits for this process ends it
    Thread(target=_end_with_parent, daemon=True).start()
    _own.append(builder)


def _end_with_parent() -> None:
    """End at once where the build is killed: what it leaves is the next one's to clear away."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _run(method: Callable[[LayerBuilder, Given], Made], given: Given) -> Made:
    return method(_own[0], given)
