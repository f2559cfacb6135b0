"""A real Dask cluster: two processes on this machine, which read the recordings themselves."""

from __future__ import annotations

import os

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad.sweeps.reading import CorpusWarning
from rtnb.vad.sweeps.running import sweep

from .test_running import GRID, broken, equal, folder  # noqa: F401

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            worker_dashboard_address=None,
            host="127.0.0.1",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def test_two_workers_give_the_same(client, labelled_tracks):
    serial = sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks)
    processes = set(client.run(os.getpid).values())
    assert len(processes) == 2
    assert os.getpid() not in processes
    equal(serial, sweep(rtnb.sample("labelled"), **GRID, executor=client))


def test_by_address_and_by_cluster(client, labelled_tracks):
    serial = sweep(rtnb.sample("labelled"), **GRID, tracks=labelled_tracks)
    equal(serial, sweep(rtnb.sample("labelled"), **GRID, executor=client.scheduler.address))
    equal(serial, sweep(rtnb.sample("labelled"), **GRID, executor=client.cluster))
    # Nothing of the user's is closed.
    assert client.status == "running"


def test_the_broken_one_is_named_by_workers(client, folder):  # noqa: F811
    corpus = broken(folder)
    with pytest.warns(CorpusWarning, match="ami_trn02: "):
        found = sweep(corpus, **GRID, engine="energy", cache=False, executor=client)
    assert found.corpus.names == ("ami_trn01", "ami_trn03")


def test_nobody_answers_at_the_address():
    with pytest.raises(ConfigError, match="There is no Dask scheduler at 'nonsense://'"):
        sweep(rtnb.sample("labelled"), **GRID, engine="energy", executor="nonsense://")
