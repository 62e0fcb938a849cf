"""The settings of a room on this host, as the command line is told them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from videobar import settings
from videobar.cli.arguments import UsageError


def load_settings(flags: Mapping[str, str | None], config: str | None) -> settings.Settings:
    """Settings from flags, the environment and the file `config`. Raises `UsageError`."""
    try:
        return settings.load(flags, os.environ, Path(config) if config else None)
    except settings.SettingError as error:
        raise UsageError(str(error)) from None
