"""Writes what is made from the contract: `python -m videobar.contract.generate [--check] [--docs DIRECTORY]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from videobar.contract import openapi, reference


def pages() -> dict[str, str]:
    """The generated files, content by name."""
    document = json.dumps(openapi.document(), indent=1, ensure_ascii=False, sort_keys=False)
    return {"openapi.json": document + "\n", "actions.md": reference.page()}


def stale(docs: Path) -> list[str]:
    """The names of the files in `docs` that are missing or not what the contract makes today."""
    return [name for name, content in pages().items() if not _holds(docs / name, content)]


def write(docs: Path) -> None:
    """Write all files into `docs`, which is made if need be. Raises `OSError`."""
    docs.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (docs / name).write_text(content, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 when `--check` finds a stale file, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m videobar.contract.generate", description="Write the API's pages."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="where the files are (default: docs)")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.docs)
        return 0
    found = stale(options.docs)
    for name in found:
        print(
            f"{options.docs / name} is not current; run python -m videobar.contract.generate", file=sys.stderr
        )
    return 1 if found else 0


def _holds(file: Path, content: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == content


if __name__ == "__main__":
    sys.exit(main())
