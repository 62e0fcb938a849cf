"""Entry point of the `videobar` command, before anything is loaded that takes time."""

from __future__ import annotations

INTERRUPTED = 130


def main() -> int:
    """Run the command line; returns the exit status. Ctrl-C while it is still being loaded ends it quietly too."""
    try:
        from videobar.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return INTERRUPTED
