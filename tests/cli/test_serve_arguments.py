from __future__ import annotations

import argparse

import pytest

from rtnb.cli.serving import add_to


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers())
    return parser.parse_args(["serve", *arguments])


@pytest.mark.parametrize(
    "name", ["https://hub.example.org", "hub.example.org/", "hub.example.org:80", "", "a b", "::1"]
)
def test_a_host_that_no_client_could_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--allow-host", name)
    assert f"without scheme, slash or port, not '{name}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "origin", ["hub.example.org", "//hub.example.org", "https://", "https://hub.example.org/lab", "", "null", "*"]
)
def test_an_origin_that_no_page_could_have_is_refused(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--allow-origin", origin)
    assert f"such as https://hub.example.org, not '{origin}'" in capsys.readouterr().err


def test_hosts_and_origins_that_are_such_are_taken() -> None:
    hosts, origins = (
        ("hub.example.org", "my_box", "[::1]", "10.0.0.7"),
        ("https://a.org:8443", "http://[::1]:1", "x-y://z"),
    )
    given = [f"--allow-host={host}" for host in hosts] + [f"--allow-origin={origin}" for origin in origins]
    options = parsed(*given, "--host", "::1", "--api-key", "k")
    assert (tuple(options.allow_host), tuple(options.allow_origin)) == (hosts, origins)
    assert (options.host, options.api_key) == ("::1", "k")
