"""Files that a page sends in pieces, and what is made of them: a clip, or an image. What is held is bounded."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rtnb.audio.clip import Clip
from rtnb.errors import AudioError, AudioFileError, ConfigError
from rtnb.protocol.images import MAX_IMAGE_BYTES
from rtnb.session.config.image import Image, looks_like_image

__all__ = ["AUDIO_BYTES", "AUDIO_S", "CHUNK_BYTES", "Upload", "Uploads", "made_of"]

CHUNK_BYTES: Final = 1 << 20
"""Of one message. Servers of notebooks take about 10 MB, of which a buffer is a part as it is."""

AUDIO_BYTES: Final = 64 << 20
"""Of an audio file."""

AUDIO_S: Final = 15 * 60.0
"""Of sound in one turn (own choice): 43 MB as the API takes it."""

AT_ONCE: Final = 2
"""Uploads under way, of all pages."""

ASIDE: Final = 20
"""Images that wait for others of their message, of all pages."""

ASIDE_S: Final = 300.0
"""A page that does not send them for so long has given them up."""

AHEAD: Final = 4
"""Pieces that may come before the one that is next: a kernel with subshells hears a page on several threads."""

SILENT_S: Final = 30.0
"""A page that says nothing for so long has given its upload up."""

LONGER: Final = " In code, s.stream(path) takes recordings of any length."


@dataclass(slots=True, eq=False)
class Upload:
    """One file on its way.

    Parameters
    ----------
    page, id : str
        Who sends it, and what it calls it.
    name, mime : str
    size : int
        How many bytes it will be.
    respond : bool
        Whether an answer is wanted.
    text : str
        What goes with it.
    keep : bool
        Whether it waits for a later one, to be one message with it.
    also : tuple of str
        Ids of those that waited for this one.
    heard_s : float
        When something of it came last.
    """

    page: str
    id: str
    name: str
    mime: str
    size: int
    respond: bool
    text: str
    heard_s: float
    keep: bool = False
    also: tuple[str, ...] = ()
    data: bytearray = field(default_factory=bytearray)
    early: dict[int, bytes] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all of it is there."""
        return len(self.data) >= self.size

    def take(self, at: int, piece: bytes) -> None:
        """A piece that begins at byte `at`; one that is there already is passed over.

        Raises
        ------
        ConfigError
            It is larger than a piece may be, or there is more of it than was said.
        """
        if len(piece) > CHUNK_BYTES or at < 0 or at + len(piece) > self.size or not piece:
            raise ConfigError(
                f"'{self.name}' did not arrive whole: the page sent other pieces than it had said. Send it again."
            )
        if at > len(self.data):
            if len(self.early) < AHEAD:
                self.early[at] = piece
            return
        self._append(at, piece)
        while (ready := next((start for start in sorted(self.early) if start <= len(self.data)), None)) is not None:
            self._append(ready, self.early.pop(ready))

    def _append(self, at: int, piece: bytes) -> None:
        self.data += piece[len(self.data) - at :] if at + len(piece) > len(self.data) else b""


class Uploads:
    """All uploads of one view.

    Examples
    --------
    >>> uploads = Uploads(clock=lambda: 0.0)
    >>> upload = uploads.begin("p", "1", {"name": "a.wav", "mime": "audio/wav", "bytes": 4})
    >>> uploads.take("p", "1", 0, b"RIFF").complete
    True
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[tuple[str, str], Upload] = {}
        self._aside: dict[tuple[str, str], tuple[float, Clip | Image]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, page: str, upload_id: str, said: Mapping[str, object]) -> Upload:
        """A file is announced.

        Raises
        ------
        ConfigError
            It is too large, or there are too many.
        """
        self.drop_silent()
        name = str(said.get("name") or "the file")[-120:]
        mime, size = str(said.get("mime") or ""), said.get("bytes")
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise ConfigError(f"'{name}' has no size that makes sense; nothing was sent.")
        if size == 0:
            raise ConfigError(f"'{name}' is empty; nothing was sent.")
        image = mime.startswith("image/")
        most = MAX_IMAGE_BYTES if image else AUDIO_BYTES
        if size > most:
            raise ConfigError(
                f"'{name}' has {size / 2**20:.0f} MB; {'an image' if image else 'an audio file'} may have "
                f"{most / 2**20:.0f} MB here.{'' if image else LONGER}"
            )
        if len(self._open) >= AT_ONCE:
            raise ConfigError(f"{AT_ONCE} files are on their way already; send '{name}' after them.")
        text, respond, also = said.get("text"), said.get("respond"), said.get("also")
        upload = Upload(
            page,
            upload_id,
            name,
            mime,
            size,
            respond is not False,
            text if isinstance(text, str) else "",
            self._clock(),
            said.get("keep") is True,
            tuple(each for each in also if isinstance(each, str)) if isinstance(also, list | tuple) else (),
        )
        self._open[page, upload_id] = upload
        return upload

    def take(self, page: str, upload_id: str, at: int, piece: bytes) -> Upload | None:
        """A piece has come; the upload it is of, or None where there is none. One that fails is forgotten.

        Raises
        ------
        ConfigError
            It is no piece of that file.
        """
        upload = self._open.get((page, upload_id))
        if upload is None:
            return None
        upload.heard_s = self._clock()
        try:
            upload.take(at, piece)
        except ConfigError:
            self.forget(page, upload_id)
            raise
        if upload.complete:
            self.forget(page, upload_id)
        return upload

    def forget(self, page: str, upload_id: str) -> bool:
        """It is given up, or done; whether it was there."""
        return self._open.pop((page, upload_id), None) is not None

    def put_aside(self, upload: Upload, made: Clip | Image) -> None:
        """What was made of it waits for the one that names it; of too many the oldest goes."""
        now_s = self._clock()
        for key in [key for key, (since_s, _) in self._aside.items() if now_s - since_s > ASIDE_S]:
            del self._aside[key]
        if len(self._aside) >= ASIDE:
            # A page that fails sends all of them again under other ids.
            del self._aside[min(self._aside, key=lambda key: self._aside[key][0])]
        self._aside[upload.page, upload.id] = now_s, made

    def taken(self, upload: Upload) -> list[Clip | Image]:
        """What waited for this one, in the order that it says.

        Raises
        ------
        ConfigError
            Some of it is not there any more.
        """
        found = [self._aside.pop((upload.page, each), None) for each in upload.also]
        if None in found:
            raise ConfigError("The images before the last one waited too long; send all of them again.")
        return [each[1] for each in found if each is not None]

    def drop_silent(self) -> list[Upload]:
        """Forget those whose pages have gone."""
        now_s = self._clock()
        gone = [upload for upload in self._open.values() if now_s - upload.heard_s > SILENT_S]
        for upload in gone:
            self.forget(upload.page, upload.id)
        return gone


def made_of(data: bytes, name: str) -> Clip | Image:
    """The clip or the image that a file is, by its content; it takes a while, so not on a loop.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        For messages.

    Raises
    ------
    ConfigError, AudioError
        It is neither, damaged, empty, or too long.

    Examples
    --------
    >>> made_of(b"GIF89a....", "cat.gif")
    Traceback (most recent call last):
    rtnb.errors.ConfigError: 'cat.gif' cannot be shown to the model: the data is a GIF file. Images for the model are \
PNG or JPEG files.
    """
    if looks_like_image(data[:16]):
        try:
            return Image(bytes(data))
        except ConfigError as error:
            said = str(error)
            raise ConfigError(f"'{name}' cannot be shown to the model: {said[:1].lower()}{said[1:]}") from None
    return _clip(data, name)


def _clip(data: bytes, name: str) -> Clip:
    import soundfile

    pieces: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate_hz, most = int(file.samplerate), int(AUDIO_S * file.samplerate)
            count = 0
            # Block by block and mixed at once: what a small file may unpack to is bounded.
            for block in file.blocks(blocksize=1 << 18, dtype="float32", always_2d=True):
                count += len(block)
                if count > most:
                    raise AudioError(
                        f"'{name}' lasts longer than {AUDIO_S / 60:.0f} min, the most in one turn here.{LONGER}"
                    )
                pieces.append(block.mean(axis=1, dtype=np.float32))
    except (soundfile.LibsndfileError, RuntimeError, OSError, TypeError, ValueError) as error:
        if isinstance(error, AudioError):
            raise
        raise AudioFileError(
            f"'{name}' is neither sound nor an image that can be read. WAV, FLAC, OGG, MP3, AIFF, PNG and JPEG work."
        ) from None
    if not pieces or rate_hz <= 0:
        raise AudioError(f"'{name}' holds no sound: there is nothing to send.")
    return Clip(np.concatenate(pieces), rate_hz)
