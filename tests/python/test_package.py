"""The package as such: its program, its types, what it asks for."""

from __future__ import annotations

import inspect
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import qprompt
from conftest import MODEL, run
from qprompt import _native


def test_the_command_and_the_module_are_the_program() -> None:
    command = Path(sys.executable).with_name("qprompt")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == run("--version").stdout
    assert done.stdout.startswith(f"qprompt {qprompt.__version__}\n")


def test_the_program_runs_within_the_process(
    capfd: pytest.CaptureFixture[str], paths: list[Path], tmp_path: Path
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    (tmp_path / "names.txt").write_text("black arrow\nyellow moon\n")
    words = ["classify", "--model", str(MODEL), "--classes", str(tmp_path / "names.txt")]
    assert qprompt.main([*words, "--no-cache", str(paths[0])]) == 0
    assert "black arrow" in capfd.readouterr().out
    assert qprompt.main(["clasify"]) == 2
    assert "unknown command 'clasify'" in capfd.readouterr().err
    assert qprompt.main(["inspect", str(tmp_path / "none")]) == 1
    assert signal.getsignal(signal.SIGINT) is handler
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_demos_model_is_found_by_the_program(tmp_path: Path) -> None:
    done = run("demo", "--output", tmp_path / "demo", "--assets", tmp_path, status=1)
    assert str(tmp_path) in done.stderr
    assert (qprompt.demo_folder() / "model" / "model.safetensors").exists()
    assert (qprompt.demo_folder() / "drawings.json").exists()


@pytest.mark.parametrize(
    ("package", "call", "extra"),
    [
        ("pandas", lambda: qprompt.records("runs"), "pandas"),
        ("tqdm.auto", lambda: qprompt.load(MODEL).encode_image([], progress=True), "progress"),
    ],
)
def test_what_is_missing_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, package: str, call: Any, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(ImportError, match=rf'needs {package}: pip install "qprompt\[{extra}\]"'):
        call()


def test_bars_are_shown_where_they_are_asked_for(
    capfd: pytest.CaptureFixture[str], model: qprompt.Model, paths: list[Path], labels: list[str]
) -> None:
    model.encode_image(paths)
    assert capfd.readouterr().err == ""
    qprompt.fit(model, paths, labels, epochs=2, progress=True)
    shown = capfd.readouterr().err
    assert "training images" in shown and "training:" in shown and "loss" in shown


def test_importing_it_imports_numpy_alone() -> None:
    heavy = "{'pandas', 'sklearn', 'tqdm', 'PIL', 'torch'} & set(sys.modules)"
    code = f"import sys, qprompt; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_stubs_name_what_the_module_has() -> None:
    stub: dict[str, Any] = {}
    package = Path(qprompt.__file__).parent
    text = (package / "_native.pyi").read_text()
    exec(
        compile("from __future__ import annotations\n" + text.split('"""', 2)[2], "stub", "exec"),
        stub,
    )
    for name, value in vars(_native).items():
        if name.startswith("_"):
            continue
        assert name in stub, name
        if inspect.isclass(value):
            missing = (
                {member for member in vars(value) if not member.startswith("_")}
                - set(vars(stub[name]))
                - set(getattr(stub[name], "__annotations__", {}))
            )
            assert not missing, (name, missing)
    assert (package / "py.typed").exists()


def test_every_public_name_is_documented() -> None:
    for name in qprompt.__all__:
        thing = getattr(qprompt, name)
        assert thing.__doc__, name
        if isinstance(thing, type) and thing.__module__ != "qprompt._native":
            for member, value in vars(thing).items():
                if not member.startswith("_") and callable(getattr(value, "__func__", value)):
                    assert getattr(value, "__doc__", None), f"{name}.{member}"


def test_types_are_checked_by_mypy() -> None:
    root = Path(__file__).parents[2]
    sources = ["python/qprompt", "examples/python/first_prompt.py", "tests/python"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "build/mypy", *sources],
        capture_output=True,
        text=True,
        cwd=root,
    )
    assert done.returncode == 0, done.stdout
