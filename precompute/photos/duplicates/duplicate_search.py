"""Pictures that are much the same, and the groups that they form."""

from collections import Counter
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diamond_cutter.precompute.photos.duplicates.candidate_pairs import find_candidates
from diamond_cutter.precompute.photos.duplicates.look_alikes import stand_out
from diamond_cutter.precompute.photos.duplicates.photo_alignment import find_agreeing, join
from diamond_cutter.precompute.photos.file_entry import Progress

CHAIN = 8
"""Above so many pictures, a group holds only together by pairs that a third picture confirms."""

Pairs = NDArray[np.intp]
"""(M, 2), indices of two pictures that are near duplicates, the lower first."""


def find_near(fingerprints: NDArray[np.uint8], report_progress: Progress) -> Pairs:
    """The near duplicates among pictures of (N, SIZE) fingerprints, each pair once, sorted."""
    agreeing = join(
        find_agreeing(fingerprints, candidates)
        for candidates in find_candidates(fingerprints, report_progress)
    )
    same = stand_out(fingerprints, agreeing)
    found = np.stack([agreeing.whole[same], agreeing.part[same]], 1)
    return np.unique(np.sort(found, axis=1), axis=0)


def group(count: int, near: Pairs) -> list[int]:
    """For each of `count` pictures the number of its group; those of one group are duplicates.

    Groups are the connected components of the pairs; but in one of more than CHAIN pictures, a
    pair between two that have others counts only if a third is near to both: else one chance
    likeness would join two families, and many would chain a whole class together.
    """
    component = _components(near, count)
    small = np.bincount(component, minlength=1) <= CHAIN
    counted = small[component[near[:, 0]]] | _confirmed(near)
    return cast("list[int]", _components(near[counted], count).tolist())


def _components(edges: Pairs, count: int) -> NDArray[np.int32]:
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (count, count))
    return cast("NDArray[np.int32]", connected_components(graph, directed=False)[1])


def _confirmed(edges: Pairs) -> NDArray[np.bool_]:
    """(M,): whether the ends of each pair have a neighbour in common, or one has no other."""
    degrees = Counter(edges.ravel().tolist())
    neighbours: dict[int, set[int]] = {number: set() for number in degrees}
    for one, other in edges.tolist():
        neighbours[one].add(other)
        neighbours[other].add(one)
    return np.array(
        [
            min(degrees[one], degrees[other]) == 1
            or not neighbours[one].isdisjoint(neighbours[other])
            for one, other in edges.tolist()
        ],
        np.bool_,
    )
