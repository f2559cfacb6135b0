"""The kernel of this environment, in all that a notebook does to a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.kernel import Kernel
from support.kernel_cases import CASES, NESTED, open_session

pytestmark = [pytest.mark.local, pytest.mark.kernel]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        open_session(running)
        yield running


@pytest.mark.parametrize("case", [*CASES, *NESTED], ids=lambda case: case.__name__)
def test_in_this_kernel(kernel: Kernel, case: Callable[[Kernel], None]) -> None:
    kernel.strays.clear()
    case(kernel)
