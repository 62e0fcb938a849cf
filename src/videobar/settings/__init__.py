"""What an operator can set, said once: name, type, default and meaning.

Each setting can come from a flag (`--sip-port`), from the environment (`VIDEOBAR_SIP_PORT`) and from a TOML file
(`sip_port = 5060`); the first of these that has it wins. What none of them has may have been set through
`/rest/config`, and is kept in the room's store. The command line's help, the documentation and `/rest/config` are made
from the same table.
"""

from videobar.settings.kinds import boolean
from videobar.settings.loading import (
    SettingError,
    default_text,
    environment_name,
    flag_name,
    load,
    value_text,
)
from videobar.settings.page import page
from videobar.settings.table import Settings, read_stored, table

__all__ = [
    "SettingError",
    "Settings",
    "boolean",
    "default_text",
    "environment_name",
    "flag_name",
    "load",
    "page",
    "read_stored",
    "table",
    "value_text",
]
