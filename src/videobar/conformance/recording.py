"""Recording: the answers of a room, kept in a file without its secrets.

A recording is JSON, made to be read, kept beside code and sent to others: everything that identifies a place, a person
or a session is replaced before it is written (`blanking`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

FORMAT = "videobar-recording/1"


class RecordingError(Exception):
    """The file cannot be read or written, or is no recording; the text is one line for people."""


class RecordedRequest(Struct, kw_only=True, omit_defaults=True):
    """A request. `body` is JSON; `UNSET` where there was none."""

    method: str
    path: str
    body: Any = msgspec.UNSET


class Reply(Struct, kw_only=True, omit_defaults=True):
    """An answer: `body` where it was JSON, else only the number of bytes."""

    status: int
    content_type: str = field(name="contentType", default="")
    body: Any = msgspec.UNSET
    size: int = 0
    milliseconds: int = 0


class Exchange(Struct, kw_only=True):
    """One action, as it was asked and answered."""

    action: str
    request: RecordedRequest
    reply: Reply


class Recording(Struct, kw_only=True):
    """All that one room answered, in the order in which it was asked."""

    format: Annotated[str, Meta(pattern="^videobar-recording/1$")] = FORMAT
    model: str = ""
    software: str = ""
    recorded: str = ""
    """Date and time, ISO 8601."""
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Model and version of the room: `StudioX30 3.12.0`."""
        return f"{self.model} {self.software}".strip() or "a room"

    def last(self, action: str) -> Exchange | None:
        """The last exchange of an action; the earlier ones are what it came from."""
        return next((one for one in reversed(self.exchanges) if one.action == action), None)


def load(path: Path) -> Recording:
    """Read a recording. Raises `RecordingError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Recording)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}: not a recording: {error}") from None


def text_of(recording: Recording) -> bytes:
    """A recording as it is written: indented, so that differences of files can be read."""
    return msgspec.json.format(msgspec.json.encode(recording), indent=1) + b"\n"
