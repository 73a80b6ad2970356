"""Words of channels as pages tell them, with how well they fit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from diamond_cutter.build.layer_words import LayerWords, Word, words_of
from diamond_cutter.build.page_text import apart, grouped, shown, whole_percent
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.precompute.stores.atlas.word_layout import Kind, Words

NAMED = 2
"""Words of a channel in titles and descriptions, and of a layer in its summary, at most."""

_TITLE: dict[Kind, str] = {"observer": "Words", "labels": "Labels", "file": "Own words"}
_SOURCE: dict[Kind, str] = {
    "observer": "by the classes of {}",
    "labels": "by the classes of {}",
    "file": "by the list {}",
}
_FITTING: dict[Kind, str] = {
    "observer": "the tenth most like the word, as {} sees them",
    "labels": "those of the class in {}",
    "file": "the tenth most like the word, by the list {}",
}


@dataclass(frozen=True)
class ShownWord:
    """A word as a channel's page shows it; href: of the search for it.

    chance: empty where all words of the channel have the same, which `ChannelWords` then tells.
    """

    name: str
    href: str
    share: str
    interval: str
    chance: str


@dataclass(frozen=True)
class ChannelWords:
    """The words of one kind for a channel, none where none holds.

    title: what they are called; source: who was asked; meaning: of the shares.
    """

    title: str
    words: tuple[ShownWord, ...]
    source: str
    meaning: str


def channel_words(words: LayerWords, channel: int, root: str) -> tuple[ChannelWords, ...]:
    """What fits a channel, of each kind that was looked for; `root`: of the site."""
    return tuple(_of_kind(kind, channel, root) for kind in words.kinds)


def names(words: Sequence[Word]) -> str:
    """The first words of a channel for a title; empty where there are none."""
    return ", ".join(map(apart, list(dict.fromkeys(word.name for word in words))[:NAMED]))


def summary(words: LayerWords) -> str:
    """How many channels of a layer have words, and which are most frequent; may be empty."""
    if not words.kinds:
        return ""
    count = len(words.kinds[0].word)
    firsts = [
        {word.name for word in words.of(channel)} for channel in range(count) if words.of(channel)
    ]
    said = f"{grouped(len(firsts))} of {grouped(count)} channels have words"
    frequent = Counter(name for found in firsts for name in sorted(found)).most_common(NAMED)
    often = [apart(name) for name, times in frequent if times > 1]
    return f"{said}, most often {' and '.join(often)}" if often else said


def word_lists(words: LayerWords) -> list[list[str]] | None:
    """The words of each channel in `layer.json`; None where none were looked for."""
    if not words.kinds:
        return None
    return [
        list(dict.fromkeys(shown(word.name) for word in words.of(channel)))
        for channel in range(len(words.kinds[0].word))
    ]


def word_rows(words: LayerWords, channel: int) -> list[dict[str, Any]] | None:
    """The words of a channel in its row of `channels.jsonl`; None where none were looked for."""
    if not words.kinds:
        return None
    return [
        {
            "word": word.name,
            "share": short(word.share),
            "interval": [short(end) for end in word.interval],
            "chance": short(word.chance),
            "kind": word.kind,
            "source": word.source,
        }
        for word in words.of(channel)
    ]


def _of_kind(kind: Words, channel: int, root: str) -> ChannelWords:
    found = words_of(kind, channel)
    chances = [f"{whole_percent(word.chance)} by chance" for word in found]
    same = chances[0] if len(set(chances)) == 1 else ""
    which = _FITTING[kind.kind].format(apart(kind.source))
    return ChannelWords(
        _TITLE[kind.kind],
        tuple(
            ShownWord(
                name=shown(word.name),
                href=f"{root}search/?q={quote(word.name)}",
                share=whole_percent(word.share),
                interval=f"{100 * word.interval[0]:.0f} to {whole_percent(word.interval[1])}",
                chance="" if same else chance,
            )
            for word, chance in zip(found, chances, strict=True)
        ),
        _SOURCE[kind.kind].format(apart(kind.source)),
        f"Of the {kind.strongest} photos that excite it most, of {kind.judged} that did not choose "
        f"the words, the share that is among {which}{'; ' if same else ''}{same}",
    )
