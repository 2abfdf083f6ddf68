"""Labels as people have them, as positions in a list of class names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from qprompt._native import Error


def _plain(label: Any) -> Any:
    return label.item() if hasattr(label, "item") else label


def encoded(
    labels: Iterable[Any], class_names: Optional[Iterable[str]]
) -> tuple[list[int], list[str]]:
    """Positions, and the class names: those given, else those that occur, sorted."""
    plain = [_plain(label) for label in labels]
    if class_names is None:
        class_names = _names_in(plain)
    names = [str(name) for name in class_names]
    positions = {name: position for position, name in enumerate(names)}
    return [_position(label, positions) for label in plain], names


def _names_in(labels: list[Any]) -> list[str]:
    for label in labels:
        if not isinstance(label, str):
            raise Error(
                f"label {label!r} is no name: expected class_names=, which say what it means"
            )
    return sorted(set(labels))


def _position(label: Any, positions: dict[str, int]) -> int:
    if isinstance(label, str):
        if label not in positions:
            raise Error(f"label {label!r}, expected one of {', '.join(positions)}")
        return positions[label]
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(positions):
        return label
    raise Error(f"label {label!r}, expected a class's name or 0 to {len(positions) - 1}")
