"""Settings of a room: name, type, default and meaning of each.

Each setting can come from a flag (`--sip-port`), from the environment (`VIDEOBAR_SIP_PORT`) and from a TOML file
(`sip_port = 5060`); the first of these that has it wins. What none of them has may have been set through
`/rest/config`, and is kept in the room's store. The command line's help, the documentation and `/rest/config` are made
from the same table.
"""

from videobar.settings.kinds import BOOLEAN
from videobar.settings.loading import SettingError, load
from videobar.settings.page import page
from videobar.settings.setting import Setting, environment_name, flag_name
from videobar.settings.table import Settings, table

__all__ = [
    "BOOLEAN",
    "Setting",
    "SettingError",
    "Settings",
    "environment_name",
    "flag_name",
    "load",
    "page",
    "table",
]
