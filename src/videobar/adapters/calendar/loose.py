"""JSON of services, of which anything may be missing or of another kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def as_dict(value: Any) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[dict[str, Any]]:
    """The objects in an array."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def iso(seconds: int) -> str:
    """Epoch seconds as RFC 3339 writes them in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
