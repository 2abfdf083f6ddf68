"""Packages that parts of this one need, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def needed(package: str, extra: str, what: str) -> ModuleType:
    """The package, or an ImportError that says what needs it and how it is installed."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(
            f'{what} needs {package}: pip install "qprompt[{extra}]"', name=package
        ) from error
