"""All settings as a page of the documentation."""

from __future__ import annotations

from videobar.settings.loading import default_text, environment_name, flag_name
from videobar.settings.table import table


def page() -> str:
    """All settings as Markdown, for the documentation."""
    lines = [
        "# Settings",
        "",
        "Made by `python tools/generate.py`; a test compares the two.",
        "",
        "A flag wins over a variable, and that over the TOML file that `--config` or `VIDEOBAR_CONFIG` names.",
        "",
        "A value that names a file may name any when it comes from these three. What comes in through `/rest/config`",
        "names only files below `--data` (a relative path begins there; a recording is called `.wav`), and ones that",
        "can be used. FIFOs, devices and directories are never opened as files.",
        "",
        "| flag | variable | in the file | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for item in table():
        default = default_text(item.name)
        lines.append(
            f"| `{flag_name(item.name)}` | `{environment_name(item.name)}` | `{item.name}` "
            f"| {f'`{default}`' if default else ''} | {item.metadata['help']} |"
        )
    return "\n".join(lines) + "\n"
