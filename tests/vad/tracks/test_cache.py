from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.tracks.cache import TrackCache, _read, _written, cache

KEY, OTHER = "0" * 63 + "1", "0" * 63 + "2"
P = np.linspace(0, 1, 50, dtype=np.float32)


@pytest.fixture
def kept(tmp_path: Path) -> TrackCache:
    return TrackCache(tmp_path / "tracks")


@given(st.lists(st.floats(0, 1, width=32)))
def test_what_is_written_is_read(values: list[float]) -> None:
    p = np.array(values, dtype=np.float32)
    assert np.array_equal(_read(_written(KEY, p), KEY), p)


@given(st.data())
def test_what_is_damaged_is_not_there(data: st.DataObject) -> None:
    raw = bytearray(_written(KEY, P))
    if data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    else:
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with pytest.raises(ValueError):
        _read(bytes(raw), KEY)


def test_a_track_is_kept_under_its_key(kept: TrackCache) -> None:
    assert kept.get(KEY) is None
    kept.put(KEY, P)
    assert np.array_equal(kept.get(KEY), P)  # type: ignore[arg-type]
    assert kept.get(OTHER) is None
    assert len(kept) == 1
    assert "1 track," in repr(kept)


def test_a_track_under_the_wrong_name_is_not_there(kept: TrackCache) -> None:
    kept.put(KEY, P)
    assert kept.place is not None
    (kept.place / f"{KEY}.track").rename(kept.place / f"{OTHER}.track")
    assert kept.get(OTHER) is None


def test_what_a_damaged_file_says_is_not_parsed(kept: TrackCache) -> None:
    kept.put(KEY, P)
    assert kept.place is not None
    file = kept.place / f"{KEY}.track"
    for deep in (900, 20_000, 3_000_000):
        for head in (b"[" * deep + b"]" * deep, b'{"a":' * deep + b"1" + b"}" * deep):
            file.write_bytes(head + b"\n" + P.tobytes())
            assert kept.get(KEY) is None
    # As a file that was edited and saved elsewhere.
    kept.put(KEY, P)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n", 1))
    assert kept.get(KEY) is None


@pytest.mark.parametrize(
    "foreign", [b"", b"\n", b"null\n", b"{}", b"[]\nabcd", b"\xff\xfe\n\x00", b"{" * 100_000, b"[" * 1000 + b"\n"]
)
def test_somebody_elses_file_is_not_there(kept: TrackCache, foreign: bytes) -> None:
    kept.put(KEY, P)
    assert kept.place is not None
    (kept.place / f"{KEY}.track").write_bytes(foreign)
    assert kept.get(KEY) is None
    kept.put(KEY, P)
    assert kept.get(KEY) is not None


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    kept = TrackCache(tmp_path, most_bytes=3 * 4096)
    keys = [f"{number:064x}" for number in range(5)]
    for age, key in enumerate(keys):
        kept.put(key, P)
        os.utime(tmp_path / f"{key}.track", (time.time() - 1000 + age,) * 2)
    assert kept.get(keys[0]) is not None
    assert kept.prune() == 2
    assert [kept.get(key) is not None for key in keys] == [True, False, False, True, True]


def test_room_is_looked_for_while_tracks_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.vad.tracks.cache._LOOK_EVERY", 4)
    kept = TrackCache(tmp_path, most_bytes=5 * 4096)
    for number in range(33):
        kept.put(f"{number:064x}", P)
    assert len(kept) <= 5 + 4


def test_clearing_leaves_what_is_not_ours(kept: TrackCache) -> None:
    kept.put(KEY, P)
    assert kept.place is not None
    (kept.place / "notes.txt").write_text("mine")
    old, young = kept.place / "half-old", kept.place / "half-young"
    for half in (old, young):
        half.write_bytes(b"")
    os.utime(old, (time.time() - 10_000,) * 2)
    assert kept.clear() == 1
    assert sorted(file.name for file in kept.place.iterdir()) == ["half-young", "notes.txt"]


def test_only_the_user_may_look(kept: TrackCache) -> None:
    kept.put(KEY, P)
    assert kept.place is not None
    if os.name == "posix":
        assert kept.place.stat().st_mode & 0o077 == 0
        assert (kept.place / f"{KEY}.track").stat().st_mode & 0o077 == 0


def test_a_place_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = TrackCache(tmp_path / "file" / "tracks")
    kept.put(KEY, P)
    assert kept.get(KEY) is None
    assert (kept.clear(), kept.prune(), len(kept), kept.size_bytes) == (0, 0, 0, 0)


def test_a_full_disk_is_no_matter(kept: TrackCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    kept.put(KEY, P)
    assert kept.get(KEY) is None
    assert kept.place is not None and not list(kept.place.iterdir())


def test_many_may_write_at_once(kept: TrackCache) -> None:
    found, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            if (p := kept.get(KEY)) is not None:
                found.append(np.array_equal(p, P))

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=lambda: [kept.put(KEY, P) for _ in range(40)]) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    while not found:
        time.sleep(0.001)
    stop.set()
    reader.join()
    assert all(found)
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"RTNB_CACHE": "/some/where"}, "/some/where"),
        ({"RTNB_CACHE": "off"}, "None"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/rtnb/tracks"),
        ({"XDG_CACHE_HOME": "not/absolute", "HOME": "/h"}, "/h/.cache/rtnb/tracks"),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the place of Linux")
def test_where_it_is(variables: dict[str, str], expected: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("RTNB_CACHE", "XDG_CACHE_HOME")}
    program = "from rtnb.vad.tracks.cache import cache; print(cache.place); repr(cache)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment | variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected


def test_the_tests_keep_theirs_to_themselves() -> None:
    assert cache.place is not None
    assert not cache.place.is_relative_to(Path.home() / ".cache")
