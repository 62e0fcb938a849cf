"""The versions of `uv.lock` as a constraints file of pip: what README's commands and CI install."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = """\
# The versions that README's commands and CI install, for `pip install -c constraints.txt`.
# Made from uv.lock by `python tools/generate.py`; `uv lock --upgrade` moves them.
"""


def text(lock: Path) -> str:
    """The constraints file for the lock file `lock`."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return HEAD + "".join(f"{line}\n" for line in _lines(packages))


def _lines(packages: list[dict[str, Any]]) -> Iterator[str]:
    for package in packages:
        if "registry" in package["source"]:
            markers = package.get("resolution-markers", [])
            condition = " or ".join(f"({marker})" if len(markers) > 1 else marker for marker in markers)
            yield f"{package['name']}=={package['version']}" + (f" ; {condition}" if condition else "")
