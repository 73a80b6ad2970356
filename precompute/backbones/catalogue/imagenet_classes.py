"""The names of ImageNet's classes, by index of the logit."""

from importlib import resources


def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 names, in the order that all of keras.applications and EfficientNet-Lite have."""
    text = resources.files(__package__).joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())
