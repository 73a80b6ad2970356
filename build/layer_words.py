"""The words that fit the channels of a layer, as the site reads them."""

from collections.abc import Iterator
from dataclasses import dataclass

from diamond_cutter.build.rendered_atlas import RenderedLayer
from diamond_cutter.precompute.stores.atlas.word_layout import NAME, Kind, Words, read_words
from diamond_cutter.precompute.stores.store_address import DAMAGE


@dataclass(frozen=True)
class Word:
    """A word that fits a channel: how well, and who gives it, as `Words` has them."""

    name: str
    share: float
    interval: tuple[float, float]
    chance: float
    kind: Kind
    source: str


@dataclass(frozen=True, eq=False)
class LayerWords:
    """The words of a layer's channels, of every kind that was looked for; empty where of none.

    damage: what is wrong with those in the store, which are left out then; empty where nothing is.
    """

    kinds: tuple[Words, ...]
    damage: str = ""

    def of(self, channel: int) -> tuple[Word, ...]:
        """The words that fit a channel, those of a kind together, the best of it first."""
        return tuple(word for words in self.kinds for word in words_of(words, channel))

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """All that they are made of, by name, to be told from what was before."""
        for words in self.kinds:
            facts = (words.source, words.names, words.judged, words.strongest, words.word.shape)
            yield f"words {words.kind}", repr(facts).encode()
            arrays = (words.word, words.share, words.interval, words.chance)
            yield "word and share", b"".join(each.tobytes() for each in arrays)


NO_WORDS = LayerWords(())
"""Those of a layer of which none were looked for."""


def words_of(words: Words, channel: int) -> tuple[Word, ...]:
    """Those of one kind that fit a channel, the best first."""
    lists = (words.word, words.share, words.interval, words.chance)
    entries = zip(*(each[channel].tolist() for each in lists), strict=True)
    return tuple(
        Word(words.names[place], share, (low, high), chance, words.kind, words.source)
        for place, share, (low, high), chance in entries
        if place >= 0
    )


def layer_words(layer: RenderedLayer) -> LayerWords:
    """The words of a layer; none where those in the store are damaged, with what is wrong."""
    try:
        found = tuple(read_words(layer.stored.group))
        count = layer.layer.channels
        for words in found:
            if len(words.word) != count:
                raise ValueError(f"word: expected {count} channels, got {len(words.word)}")
    except DAMAGE as error:
        return LayerWords(
            (),
            f"{layer.model}/{layer.layer.name}/{NAME}: expected words for channels, got "
            f"{error!r}; left out, `diamond atlas` finds them anew",
        )
    return LayerWords(found)
