"""Writes every generated file of the checkout: `python tools/generate.py`; with `--check` it only compares.

The files and what makes each are in `FILES`. `--check` prints the names of stale files and exits with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# `tests` (for the coverage page) and this checkout's sources, wherever the command is run from.
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.architecture import coverage  # noqa: E402
from tools import blocking_client, constraints  # noqa: E402

from videobar import settings  # noqa: E402
from videobar.cli.command import reference as command_line  # noqa: E402
from videobar.contract import openapi  # noqa: E402
from videobar.contract import reference as actions  # noqa: E402

AGAIN = "run python tools/generate.py"


def _openapi() -> str:
    return json.dumps(openapi.document(), indent=1, ensure_ascii=False) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "constraints.txt": lambda: constraints.text(ROOT / "uv.lock"),
    "docs/actions.md": actions.page,
    "docs/cli.md": command_line.page,
    "docs/coverage.md": coverage.page,
    "docs/openapi.json": _openapi,
    "docs/settings.md": settings.page,
    "src/videobar/client/areas_sync.py": blocking_client.source,
}


def is_current(root: Path, name: str) -> bool:
    """Whether the file `name` below `root` is what is made today.

    `docs/coverage.md` is also current while it lacks tests that were added since.
    """
    file = root / name
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    return coverage.is_true(text) if name == "docs/coverage.md" else text == FILES[name]()


def write(root: Path, name: str) -> None:
    """Write the file `name` below `root`. Raises `OSError`."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(FILES[name](), encoding="utf-8")


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; 1 when `--check` finds a stale file, else 0."""
    parser = argparse.ArgumentParser(
        prog="python tools/generate.py", description="Write all generated files."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("names", nargs="*", metavar="FILE", help=f"only these of: {', '.join(FILES)}")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in FILES]
    if unknown:
        parser.error(f"not generated: {', '.join(unknown)}")
    names = options.names or list(FILES)
    if not options.check:
        for name in names:
            write(root, name)
        return 0
    stale = [name for name in names if not is_current(root, name)]
    for name in stale:
        print(f"{name} is not current; {AGAIN}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
