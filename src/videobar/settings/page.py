"""All settings as a page of the documentation."""

from __future__ import annotations

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
        default = f"`{item.default_text}`" if item.default_text else ""
        lines.append(f"| `{item.flag}` | `{item.variable}` | `{item.name}` | {default} | {item.help} |")
    return "\n".join(lines) + "\n"
