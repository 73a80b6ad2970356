"""Diamond Cutter in Python, as its commands have it: docs/python.md lists all of it.

Names are imported when they are first used, so that `import diamond_cutter` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from diamond_cutter.command.errors import UserError

if TYPE_CHECKING:
    from diamond_cutter.notebook.atlas_object import (
        Atlas,
        AtlasLayer,
        AtlasModel,
        Channel,
        make_atlas,
        open_atlas,
    )
    from diamond_cutter.notebook.backbone_object import Backbone, backbone, models
    from diamond_cutter.notebook.choice_widgets import (
        choose_layers,
        choose_models,
        upload_photos,
        uploaded_photos,
    )
    from diamond_cutter.notebook.dataset_object import DatasetCheck, check_data
    from diamond_cutter.notebook.photo_classes import network_answers, predict
    from diamond_cutter.notebook.picture_gallery import PictureGallery
    from diamond_cutter.notebook.ranking_plot import RankingPlot
    from diamond_cutter.notebook.site_object import Site, publish, write_site
    from diamond_cutter.notebook.study_object import (
        Study,
        cuts_so_far,
        make_study,
        open_study,
    )
    from diamond_cutter.notebook.study_parts import LayerMap, StudyClass, StudyPhoto

__all__ = [
    "Atlas",
    "AtlasLayer",
    "AtlasModel",
    "Backbone",
    "Channel",
    "DatasetCheck",
    "LayerMap",
    "PictureGallery",
    "RankingPlot",
    "Site",
    "Study",
    "StudyClass",
    "StudyPhoto",
    "UserError",
    "backbone",
    "check_data",
    "choose_layers",
    "choose_models",
    "cuts_so_far",
    "make_atlas",
    "make_study",
    "models",
    "network_answers",
    "open_atlas",
    "open_study",
    "predict",
    "publish",
    "upload_photos",
    "uploaded_photos",
    "write_site",
]

_MODULES = {
    "atlas_object": (
        "Atlas",
        "AtlasLayer",
        "AtlasModel",
        "Channel",
        "make_atlas",
        "open_atlas",
    ),
    "backbone_object": ("Backbone", "backbone", "models"),
    "choice_widgets": ("choose_layers", "choose_models", "upload_photos", "uploaded_photos"),
    "dataset_object": ("DatasetCheck", "check_data"),
    "photo_classes": ("network_answers", "predict"),
    "picture_gallery": ("PictureGallery",),
    "ranking_plot": ("RankingPlot",),
    "site_object": ("Site", "publish", "write_site"),
    "study_object": ("Study", "cuts_so_far", "make_study", "open_study"),
    "study_parts": ("LayerMap", "StudyClass", "StudyPhoto"),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """A public name, imported now."""
    if name not in _WHERE:
        raise AttributeError(f"module 'diamond_cutter' has no attribute {name!r}")
    return getattr(import_module(f"diamond_cutter.notebook.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
