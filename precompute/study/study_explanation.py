"""What a study's cuts look at, by which channels, and maps: made where missing, then turned to."""

from collections.abc import Callable, Sequence

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.activation_atlas.activation_atlas_run import map_layers
from diamond_cutter.precompute.attribution.attribution_run import explain
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.attribution.photo_tasks import StudySlot
from diamond_cutter.precompute.attribution_graphs.graph_run import make_graphs
from diamond_cutter.precompute.jobs.display import Display
from diamond_cutter.precompute.stores.attribution.attribution_layout import Explained
from diamond_cutter.precompute.stores.shards import prune
from diamond_cutter.precompute.stores.store_address import StoreAddress
from diamond_cutter.precompute.stores.study import study_writer


def explain_study(
    draft: study_writer.Draft,
    name: str,
    settings: StudySettings,
    store_address: StoreAddress,
    photo_set: PhotoSet,
    cuts_to_explain: Sequence[CutToExplain],
    cuts_to_map: Sequence[CutToExplain],
    display: Display,
    turn: Callable[[], None],
) -> Explained:
    """Explain cuts, make the maps of others, or the same, and turn to the draft.

    Each photo is asked with the head that did not see it. `turn` turns to the draft: called when
    all is there, and before what was shown until then goes. Raises what `explain` does.
    """
    place = StudySlot(store_address, name, draft.slot.basename)
    explained, kept = explain(
        place, photo_set, cuts_to_explain, settings.attribution, settings, display, settings.seed
    )
    graphs = make_graphs(place, photo_set, cuts_to_explain, settings.attribution, settings, display)
    maps = map_layers(
        place,
        photo_set,
        cuts_to_map,
        settings.activation_atlas,
        settings,
        display,
        settings.seed,
    )
    turn()
    prune(draft.study, {**kept, **graphs, **maps})
    return explained
