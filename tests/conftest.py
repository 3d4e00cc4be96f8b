"""How every test runs: one thread, fixed seeds, NumPy's silent faults raised; slow, gpu and smplx tests on request."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before the first array library is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SEED = 20_250_101
sys.path.append(str(Path(__file__).resolve().parents[1]))  # benchmarks, behind the installed toile


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the complete physics and image suites too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons: dict[str, str] = {}
    if not config.getoption("--run-slow"):
        reasons["slow"] = "slow: run with --run-slow (make test-all)"
    if any("gpu" in item.keywords for item in items) and not _cuda():
        reasons["gpu"] = "needs a CUDA device"
    if not os.environ.get("TOILE_SMPLX"):
        reasons["smplx"] = "needs SMPL-X weights: set TOILE_SMPLX to their folder"
    for item in items:
        for marker, reason in reasons.items():
            if marker in item.keywords:
                item.add_marker(pytest.mark.skip(reason=reason))


def _cuda() -> bool:
    from toile.engine.core.device import default_device

    return default_device() != "cpu"


@pytest.fixture(autouse=True)
def _same_every_time() -> Iterator[None]:
    """Fix the seeds, keep torch on one thread, and raise on overflow, division by zero and invalid operations.

    Underflow to zero is what a Gaussian's tail should do, so it stays quiet.
    """
    random.seed(SEED)
    np.random.seed(SEED)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def make_smpl() -> Callable[..., dict[str, Any]]:
    """Return what makes the arrays of an SMPL-X, SMPL-H or SMPL file out of our own body."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "synthetic_smpl", Path(__file__).with_name("synthetic_smpl.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_smpl


@pytest.fixture(scope="session")
def synthetic_smplx(
    make_smpl: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the path of a model file in the exact format of SMPL-X: 10,475 vertices, 20,908 faces, 55 joints."""
    path = tmp_path_factory.mktemp("bodies") / "SMPLX_NEUTRAL.npz"
    np.savez_compressed(path, **make_smpl("SMPL-X"))
    return path
