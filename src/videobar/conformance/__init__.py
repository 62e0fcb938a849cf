"""Conformance: the answers of a room compared with the contract, or with those of another. Works on any room.

The names in `__all__` are public; they are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from videobar.conformance.compare import Difference, against_contract, differences_between
    from videobar.conformance.examine import Outcome, Result
    from videobar.conformance.recording import Recording, RecordingError, load
    from videobar.conformance.replay import Replay

__all__ = [
    "Difference",
    "Outcome",
    "Recording",
    "RecordingError",
    "Replay",
    "Result",
    "against_contract",
    "differences_between",
    "load",
]

_HOME: Final = {
    "Difference": "videobar.conformance.compare",
    "against_contract": "videobar.conformance.compare",
    "differences_between": "videobar.conformance.compare",
    "Outcome": "videobar.conformance.examine",
    "Result": "videobar.conformance.examine",
    "Recording": "videobar.conformance.recording",
    "RecordingError": "videobar.conformance.recording",
    "load": "videobar.conformance.recording",
    "Replay": "videobar.conformance.replay",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
