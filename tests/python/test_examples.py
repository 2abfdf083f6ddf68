"""Examples are programs that run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import MODEL, PICTURES

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"


def test_the_first_prompt_is_learned_and_used(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "first_prompt.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout


def test_the_ten_lines_of_the_documentation_work(tmp_path: Path) -> None:
    """With the demo's CLIP in the Hugging Face cache, and its pictures for photos."""
    snapshots = tmp_path / "hub" / "models--openai--clip-vit-base-patch16" / "snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / "abc").symlink_to(MODEL)
    (snapshots.parent / "refs").mkdir()
    (snapshots.parent / "refs" / "main").write_text("abc")
    for picture in sorted((PICTURES / "val").glob("*/*.webp")):
        photo = (tmp_path / "photos" / picture.parent.name / picture.name).with_suffix(".jpg")
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.symlink_to(picture)
    (tmp_path / "new.jpg").symlink_to(picture)
    text = (EXAMPLES.parents[1] / "docs" / "python.md").read_text()
    lines = text.split("```python\n", 1)[1].split("```", 1)[0]
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub")}
    done = subprocess.run(
        [sys.executable, "-c", lines],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "photos.qprompt").stat().st_size < 400
    assert done.stdout.startswith("['")
