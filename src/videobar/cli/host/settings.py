"""The settings of a room on this host, as given to the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from videobar import settings
from videobar.cli.command.arguments import UsageError

LISTENING = "VIDEOBAR_LISTENING"
"""The variable by which a room hands its socket to the one that it becomes (`videobar.daemon`)."""


def load_settings(
    flags: Mapping[str, str | None], config: str | None, *, starts: bool = False
) -> settings.Settings:
    """Settings from flags, the environment and the file `config`. Raises `UsageError`.

    With `starts` also for cameras and sound devices of this computer that are not there. After a reboot that does not
    count: what has been unplugged since the start must not end the room.
    """
    file = Path(config) if config else None
    try:
        if not starts or LISTENING in os.environ:
            return settings.load(flags, os.environ, file)
        from videobar.settings.presence import Presence  # only to start a room

        return settings.load(flags, os.environ, file, require=Presence())
    except settings.SettingError as error:
        raise UsageError(str(error)) from None
