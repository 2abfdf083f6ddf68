"""torch in the same process, imported before and after: the same bytes, and no thread too many."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

PYTHON = os.environ.get("QPROMPT_TORCH_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="QPROMPT_TORCH_PYTHON has qprompt and torch")


def answers(order: str) -> dict[str, Any]:
    program = Path(__file__).with_name("torch_orders.py")
    done = subprocess.run([PYTHON, program, order], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def without() -> dict[str, Any]:
    return answers("without")


@pytest.mark.parametrize("order", ["first", "second"])
def test_results_beside_torch_are_those_without(order: str, without: dict[str, Any]) -> None:
    beside = answers(order)
    assert beside["prompt"] == without["prompt"]
    assert beside["logits"] == without["logits"]
    assert beside["tensors_are_images"] and beside["shares_memory"]
    # Each library has a team of its own: one thread a core, and some that wait.
    assert beside["threads"] <= without["threads"] + 3 * beside["cores"] + 2
