"""Settings of the library, which are texts under names, from keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qprompt._native import Error


def texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """Without those that are None: they are as recommended."""
    return {name: _text(name, value) for name, value in settings.items() if value is not None}


def _text(name: str, value: Any) -> str:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    raise Error(f"{name} {value!r}, expected a text, a number or a truth value")
