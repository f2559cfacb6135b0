from __future__ import annotations

from dataclasses import replace

from support.markup import assert_harmless, read

from rtnb.plots.page import report_page
from rtnb.session.views.shapes import SessionView

NASTY = "</title></style><script>alert(1)</script>\"'&\u202e\ud800\x00"


def test_it_stands_alone(session: SessionView) -> None:
    page = report_page(session, title="A demo", notes=["Made in a test."])
    reader = assert_harmless(page)
    assert page.startswith("<!doctype html>")
    assert "http" not in page.replace("http-equiv", "").replace("data:", "")
    policy = next(meta["content"] for meta in reader.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert {"charset": "utf-8"} in reader.all("meta")


def test_it_has_everything(session: SessionView) -> None:
    reader = read(report_page(session, title="A demo", notes=["Made in a test."]))
    text = reader.text()
    for part in ("A demo", "Made in a test.", "Summary", "Turn 1", "Turn 2", "Turn 3", "Cost", "3 turns"):
        assert part in text
    # The summary, each turn and the bill say that nobody charges this.
    assert text.count("the embedded server is free") == 5
    assert len(reader.all("audio")) == 4
    assert len(reader.all("img")) == 3
    assert all(image["alt"] for image in reader.all("img"))
    assert all(audio["aria-label"] for audio in reader.all("audio"))
    assert len(reader.all("table")) == 2


def test_nothing_said_becomes_markup(session: SessionView) -> None:
    def page(words: str) -> str:
        turn = replace(session.turns[1], user_text=words, assistant_text=words, endpoint=words, status_reason=words)
        view = replace(session, turns=(turn,), notes=(words,), errors=(words,), model=words, voice=words)
        return report_page(view, title=words, notes=[words])

    assert assert_harmless(page(NASTY)).shape() == read(page("x")).shape()
    page(NASTY).encode("utf-8")
    assert "<script" not in page(NASTY)


def test_a_session_in_which_nothing_happened() -> None:
    empty = SessionView("embedded server", "model", "", "closed", 0.0, ())
    assert "Nothing was said in this session." in assert_harmless(report_page(empty, title="Empty")).text()
