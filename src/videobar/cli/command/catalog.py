"""The words after `videobar`, with what each is for: what help and completion show before any command is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GROUPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Calls": {
            "dial": "Dial an address, and add it to the call that is on",
            "answer": "Answer an incoming call",
            "hangup": "End one connection, or all of them",
            "calls": "Show who is in the call, and who waits",
            "dtmf": "Send digits into the call",
            "meetings": "Show the meetings that are on and those that come",
            "join": "Dial the meeting that is on or comes next, or another one",
        },
        "Sound": {
            "mute": "Mute the microphones",
            "unmute": "Unmute the microphones",
            "volume": "Show, set or change the speaker volume",
        },
        "Pictures": {
            "camera": "Move the camera that is in use",
            "preset": "Show, recall and store where cameras look",
            "snapshot": "Save a picture of what is seen now",
        },
        "The room": {
            "status": "Show the room: system, sound, calls, health",
            "watch": "Show what changes, as it changes",
            "search": "Search the directory",
            "logs": "Save the logs as a tar archive",
            "reboot": "Restart the system",
            "conform": "Compare a room with the contract, or recordings with each other",
            "forget": "Forget the certificate that a room is known by",
        },
        "Many rooms": {
            "inventory": "Show one row for each room: model, serial number, build, call",
            "rooms": "List, add, remove, import and export saved rooms",
            "logout": "Give back the sessions that --session-cache keeps",
            "exporter": "Serve figures of many rooms to Prometheus",
        },
        "On this host": {
            "serve": "Run a room",
            "demo": "Let two rooms on this host call each other with video",
            "devices": "List the microphones, loudspeakers and cameras of this computer",
            "backup": "Save a room of this host to a file",
            "restore": "Put a room of this host back from such a file",
            "completion": "Print a script that completes commands in a shell",
        },
    }
)

LOCAL: Mapping[str, str] = MappingProxyType(
    {
        "serve": "host.serve",
        "demo": "host.demo",
        "devices": "host.devices",
        "backup": "host.backup",
        "restore": "host.backup",
        "completion": "command.completion",
        "exporter": "fleet.exporter",
    }
)
"""The words that run on this host, and the module of `videobar.cli` that has the `commands()`."""

AREAS: Mapping[str, str] = MappingProxyType(
    {
        "audio": "The room's sound",
        "calendar": "Meetings, and the calendar server",
        "calllog": "The calls that are over",
        "cameras": "Cameras and presets, near and far",
        "collaboration": "The collaboration session",
        "conferences": "Calls",
        "config": "The configuration",
        "content": "Content that is shown",
        "devicemanagement": "Connected devices",
        "directory": "The directory",
        "mediastats": "Statistics of shared media",
        "monitoring": "Health and metrics",
        "provisioning": "Provisioning",
        "security": "Accounts, passwords and sessions",
        "session": "This session",
        "stage": "Let things happen to a room for tests: calls, far ends, faults",
        "system": "The system",
        "video": "The picture of either side",
    }
)
"""The areas of the contract; a test compares their names."""
AREAS_TITLE = "Every action of the API, by area"


def summary_of(word: str) -> str:
    """The summary of a command."""
    return next(words[word] for words in (*GROUPS.values(), AREAS) if word in words)
