"""The other backbone of which words for channels come, and the evidence for their pictures."""

from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.network import Network

NONE = "none"
"""The setting that wants no observer."""

MOST_GFLOPS = 10.0
"""What a photo may cost of an observer that nobody named."""


def choose_observer(setting: str, model: str) -> Network | None:
    """Who observes a model: the backbone that a setting names, or where it is empty the best here.

    That is the one with the highest published accuracy of those whose weights are here and which
    cost at most `MOST_GFLOPS`. A model never observes itself; where it is the one that is named,
    the best other one does. None where nobody is left, or "none" is set.
    Weights of one that is named are downloaded where they are not here.
    Raises `UserError` for a name that the catalogue lacks, and for weights that are not to be had.
    """
    if setting == NONE:
        return None
    if setting:
        _, is_here = catalogue.describe(setting)
        if setting != model:
            return catalogue.network(setting) if is_here else catalogue.load(setting).network
    accuracies = {
        each.model.name: each.model.top1
        for each in catalogue.listing()
        if each.weights == "here"
        and each.model.top1 is not None
        and (each.model.gflops or 0) <= MOST_GFLOPS
        and each.model.name != model
    }
    if not accuracies:
        return None
    return catalogue.network(max(accuracies, key=lambda name: accuracies[name] or 0))
