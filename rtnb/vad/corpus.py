"""Recordings with their labels."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtnb._display import Drawable, counted
from rtnb.audio.clip import Clip
from rtnb.errors import AudioError, ConfigError, LabelsError
from rtnb.vad.labels.loading import holds_labels
from rtnb.vad.labels.segments import Labels

__all__ = ["Corpus", "Item"]

_SOUND = frozenset(
    {
        ".aif",
        ".aifc",
        ".aiff",
        ".au",
        ".caf",
        ".flac",
        ".mp3",
        ".oga",
        ".ogg",
        ".opus",
        ".rf64",
        ".w64",
        ".wav",
        ".wave",
    }
)
"""Suffixes that libsndfile reads."""

_MOST_FRAMES = 2**40
"""Four months at 100 kHz. Headers of files that were streamed do not know how long they became, and say more."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A recording of a corpus.

    Attributes
    ----------
    name : str
        Unique within the corpus.
    audio : Path or Clip
        A file, read where and when it is needed, or sound in memory.
    labels : Labels or None

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> corpus["dialogue_sample"].name
    'dialogue_sample'
    """

    name: str
    audio: Path | Clip
    labels: Labels | None = None

    def clip(self) -> Clip:
        """The sound."""
        return self.audio if isinstance(self.audio, Clip) else Clip.load(self.audio)

    @property
    def duration_s(self) -> float:
        """Length in seconds; of a file, from its header.

        Raises
        ------
        AudioError
            The file is missing, is not audio or holds none.
        """
        return self.audio.duration_s if isinstance(self.audio, Clip) else _duration_s(self.audio)

    def __repr__(self) -> str:
        audio = repr(self.audio) if isinstance(self.audio, Clip) else f"'{self.audio.name}'"
        return f"Item({self.name!r}, {audio}, {self.labels!r})"


@dataclass(frozen=True, slots=True, eq=False)
class Corpus(Drawable):
    """Recordings with labels, and what was wrong with those that are left out.

    Attributes
    ----------
    items : tuple of Item
    problems : tuple of str
        One line for each recording that cannot be used, beginning with its name.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import Corpus
    >>> corpus = Corpus.load(rtnb.sample("labelled"))
    >>> corpus
    Corpus(8 recordings, 4.0 min, 49 labels)
    >>> corpus[0]
    Item('ami_trn01', 'ami_trn01.flac', Labels('trn01', 6 labels, 4 speakers, 3.3 s of speech))
    """

    items: tuple[Item, ...]
    problems: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, key: int | str) -> Item:
        """A recording by its place or its name."""
        if isinstance(key, str):
            for item in self.items:
                if item.name == key:
                    return item
            raise ConfigError(f"There is no recording {key!r:.80}; there are: {', '.join(self.names):.500}.")
        return self.items[key]

    @property
    def names(self) -> tuple[str, ...]:
        """What the recordings are called."""
        return tuple(item.name for item in self.items)

    @property
    def duration_s(self) -> float:
        """Seconds of all recordings together."""
        return sum(item.duration_s for item in self.items)

    def labelled(self) -> Corpus:
        """The recordings that have labels; those without are named in the problems.

        Raises
        ------
        ConfigError
            None has labels.
        """
        bare = [f"{item.name}: there are no labels." for item in self.items if item.labels is None]
        if not bare:
            return self
        kept = [item for item in self.items if item.labels is not None]
        return _usable(kept, [*self.problems, *bare], "Scores need labels, and no recording has any")

    @classmethod
    def load(cls, folder: str | Path, *, tier: str | None = None) -> Corpus:
        """Every audio file of a folder and its sub-folders that has labels of the same stem beside it.

        Parameters
        ----------
        folder : str or Path
        tier : str, optional
            Of TextGrids with several tiers: the one that holds the speech.

        Raises
        ------
        ConfigError
            There is no such folder, or nothing in it can be used; the message lists why.
        """
        root = Path(folder)
        if not root.is_dir():
            raise ConfigError(f"There is no folder '{folder}'.")
        files = sorted(path for path in root.rglob("*") if path.is_file() and not _hidden(path.relative_to(root)))
        return _gathered(root, files, tier)

    @classmethod
    def of(cls, value: object, labels: object = None) -> Corpus:
        """From a corpus, a folder, or pairs of audio and labels; every public function of the lab takes these.

        Parameters
        ----------
        value : Corpus, Item, Clip, path, mapping or iterable
            A folder is loaded. A clip or an audio file goes with `labels`; a file without takes those of the same stem
            beside it. A mapping has names as keys and ``(audio, labels)`` as values; an iterable has pairs, or
            items, or audio files.
        labels : optional
            Of a single recording: what :meth:`Labels.of` takes.

        Raises
        ------
        ConfigError
            Nothing of it can be used; the message lists why.

        Examples
        --------
        >>> import rtnb
        >>> from rtnb.vad import Corpus
        >>> Corpus.of(rtnb.Clip.silence(5.0), [(1.0, 2.0), (3.0, 4.5)])
        Corpus(1 recording, 5.0 s, 2 labels)
        """
        if labels is None and isinstance(value, Corpus):
            return value
        if labels is None and isinstance(value, (str, Path)) and Path(value).is_dir():
            return cls.load(value)
        if isinstance(value, Item) and labels is not None:
            value = dataclasses.replace(value, labels=None)
        pairs = list(_pairs(value, labels))
        items: list[Item] = []
        problems: list[str] = []
        taken: set[str] = set()
        for number, (name, audio, marks) in enumerate(pairs):
            called = _unique(name or _stem(audio) or f"recording {number + 1}", taken)
            try:
                items.append(_item(called, audio, marks))
            except (AudioError, ConfigError) as error:
                problems.append(_problem(called, error))
        return _usable(items, problems, "None of the recordings can be used")

    def __repr__(self) -> str:
        problems = f", {counted(len(self.problems), 'problem')}" if self.problems else ""
        marks = sum(len(item.labels.segments) for item in self.items if item.labels is not None)
        recordings = counted(len(self.items), "recording")
        return f"Corpus({recordings}, {_long(self._known_s())}, {counted(marks, 'label')}{problems})"

    def _known_s(self) -> float:
        total = 0.0
        for item in self.items:
            try:
                total += item.duration_s
            except AudioError:
                continue
        return total


def _long(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _hidden(path: Path) -> bool:
    """Within a folder such as Jupyter's ``.ipynb_checkpoints``, which holds copies."""
    return any(part.startswith(".") for part in path.parts)


def _duration_s(path: Path) -> float:
    import soundfile

    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, RuntimeError, OSError, TypeError):
        return Clip.load(path).duration_s  # which says what is wrong
    if not 0 < info.frames < _MOST_FRAMES:
        return Clip.load(path).duration_s
    return float(info.frames / info.samplerate)


def _problem(name: str, error: Exception) -> str:
    return f"{name}: {' '.join(str(error).split())}"


def _usable(items: list[Item], problems: list[str], otherwise: str) -> Corpus:
    if not items:
        listed = "".join(f"\n- {problem}" for problem in problems[:20])
        more = f"\n- and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise ConfigError(f"{otherwise}{':' if problems else '.'}{listed}{more}")
    return Corpus(tuple(items), tuple(problems))


def _unique(name: str, taken: set[str]) -> str:
    called, number = name, 1
    while called in taken:
        number += 1
        called = f"{name} ({number})"
    taken.add(called)
    return called


def _stem(audio: object) -> str:
    return Path(audio).stem if isinstance(audio, (str, Path)) else ""


def _item(name: str, audio: object, marks: object) -> Item:
    """A recording with labels that fit it."""
    if isinstance(audio, Item):
        source, marks = audio.audio, audio.labels if marks is None else marks
    elif isinstance(audio, (str, Path)):
        source = Path(audio)
        marks = _beside(source) if marks is None else marks
    elif isinstance(audio, Clip):
        source = audio
    else:
        raise ConfigError(f"audio is a Clip or a file, not {type(audio).__name__}.")
    item = Item(name, source)
    duration_s = item.duration_s
    if not duration_s:
        raise AudioError("the clip holds no samples.")
    if marks is None:
        return item
    return Item(name, source, Labels.of(marks).within(duration_s))


def _beside(audio: Path) -> Path | None:
    """The labels of the same stem beside an audio file."""
    if not audio.parent.is_dir():
        return None
    return _only(
        sorted(
            path for path in audio.parent.iterdir() if path.stem == audio.stem and path != audio and holds_labels(path)
        ),
        "files of labels",
    )


def _pairs(value: object, labels: object) -> Iterator[tuple[str, object, object]]:
    """Name (or nothing), audio and labels of each recording."""
    if labels is not None or isinstance(value, (Clip, Item, str, Path)):
        yield (value.name if isinstance(value, Item) else ""), value, labels
    elif isinstance(value, Mapping):
        for name, pair in value.items():
            yield str(name), *_pair(pair)
    elif isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        for pair in value:
            yield (pair.name if isinstance(pair, Item) else ""), *_pair(pair)
    else:
        raise ConfigError(
            "A corpus is a folder, a Clip or file with labels=..., or (audio, labels) each, "
            f"not {type(value).__name__}."
        )


def _pair(value: object) -> tuple[object, object]:
    if isinstance(value, (Clip, Item, str, Path)):
        return value, None
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return value[0], value[1]
    raise ConfigError(f"A recording of a corpus is (audio, labels), not {value!r:.80}.")


def _gathered(root: Path, files: list[Path], tier: str | None) -> Corpus:
    """The recordings among the files of a folder: those of one stem belong together."""
    sounds: dict[Path, list[Path]] = defaultdict(list)
    marks: dict[Path, list[Path]] = defaultdict(list)
    for path in files:
        if path.suffix.lower() in _SOUND:
            sounds[path.with_suffix("")].append(path)
        elif holds_labels(path):
            marks[path.with_suffix("")].append(path)
    stems = Counter(place.name for place in sounds)
    items: list[Item] = []
    problems: list[str] = []
    for place, heard in sounds.items():
        name = place.name if stems[place.name] == 1 else place.relative_to(root).as_posix()
        try:
            labels = _only(marks[place], "files of labels")
            if labels is None:
                raise LabelsError("there are no labels of the same stem beside it.")
            items.append(_item(name, _only(heard, "audio files of this stem"), Labels.load(labels, tier=tier)))
        except (AudioError, ConfigError) as error:
            problems.append(_problem(name, error))
    for place in marks:
        if place not in sounds:
            problems.append(f"{place.relative_to(root).as_posix()}: there are labels, but no audio of the same stem.")
    return _usable(items, problems, f"Nothing in '{root}' can be used: no audio file has labels beside it")


def _only(paths: list[Path], what: str) -> Path | None:
    if len(paths) > 1:
        raise ConfigError(f"there are several {what}: {', '.join(path.name for path in paths)}; keep one.")
    return paths[0] if paths else None
