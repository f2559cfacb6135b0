"""Kernels of other versions, each in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.interop import Client
from support.kernel import Kernel
from support.kernel_cases import CASES, NESTED, open_session

VERSIONS = ("6.31", "7.2", "7.4")


@pytest.fixture(scope="module", params=VERSIONS)
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    python, _ = Client(environment=f"ipykernel-{request.param}", program="kernel.py").command()
    with Kernel(tmp_path_factory.mktemp("kernel"), Path(python)) as running:
        assert ".".join(map(str, running.version[:2])) == request.param
        open_session(running)
        yield running


@pytest.mark.parametrize("case", [*CASES, *NESTED], ids=lambda case: case.__name__)
def test_in_each_kernel(kernel: Kernel, case: Callable[[Kernel], None]) -> None:
    kernel.strays.clear()
    case(kernel)
