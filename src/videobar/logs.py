"""Logging: to standard error and to files, readable or as JSON, and never with a secret in it.

Both processes of a room begin their logs here. A file is rotated before it grows large, so that logs never fill a disk.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import MemoryHandler, RotatingFileHandler
from pathlib import Path

LARGEST_FILE = 4 * 1024 * 1024
FILES_KEPT = 5
"""Of each process: the one that is written, and those before it."""
BUFFERED = 200
"""Lines that may wait for the file; a warning takes all of them along."""
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

REMOVED = "***"
CLEAN = "without_secrets"
"""Attribute of records that have been looked at."""
LINE = "line_for_all_outputs"
"""Attribute of records with their text."""
SECRETS = (
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),
    re.compile(r"\bPS[A-Za-z0-9+/]{48}"),
    re.compile(r"(?i)(?<=session_id=)[^;\s,\"']+"),
    re.compile(r"(?i)\b(?:pass(?:word|wd)?|pin|secret|token|pwd)\b[\"']?\s*[=:]\s*[\"']?(?!\*)[^\s,;&\"'}]+"),
    re.compile(r"(?i)(?<=authorization: )\S.*"),
)
"""Secrets, which must not be logged from anywhere: credentials in URLs, session ids, passwords after their names."""


SUSPICIOUS = ("://", "ps", "session_id", "pass", "pin", "secret", "token", "pwd", "authorization")
"""One of them is in every text that has a secret, in whatever case. They are looked for first: most have none."""


class Style(StrEnum):
    """Format of a log line."""

    TEXT = "text"
    JSON = "json"


class Redactor(logging.Filter):
    """Takes secrets out of every record before it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record through, without its secrets; what one output has cleaned is clean for the next."""
        if not getattr(record, CLEAN, False):
            record.msg, record.args = without_secrets(record.getMessage()), None
            setattr(record, CLEAN, True)
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line: `time` (RFC 3339, UTC), `level`, `logger`, `message`, and `exception` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line)


class Readable(logging.Formatter):
    """A line for people; what follows it of an exception has no secrets either."""

    def __init__(self) -> None:
        super().__init__(TEXT)

    def formatException(self, ei) -> str:  # type: ignore[no-untyped-def] # noqa: N802 (the base class's name)
        """The traceback."""
        return without_secrets(super().formatException(ei))


class Buffered(MemoryHandler):
    """Keeps lines back for a file, which is closed with it."""

    def close(self) -> None:
        """Write what waits, and close the file."""
        target = self.target
        super().close()
        if target is not None:
            target.close()


class RotatingFile(RotatingFileHandler):
    """A file of bounded size. A disk that is full must not make every line an error of its own."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the base class's name)
        """Pass over what cannot be written; standard error has it."""


class Once(logging.Formatter):
    """Formats a record with another formatter, and only once for all outputs."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: str | None = getattr(record, LINE, None)
        if line is None:
            line = self._formatter.format(record)
            setattr(record, LINE, line)
        return line


def without_secrets(text: str) -> str:
    """`text` with stars in the place of secrets."""
    folded = text.lower()
    if not any(word in folded for word in SUSPICIOUS):
        return text
    for pattern in SECRETS:
        text = pattern.sub(_stars, text)
    return text


def begin(level: str, style: Style, file: Path | None) -> None:
    """Log to standard error, and to `file` if there is one; its directory is made. Raises `OSError`.

    What was begun before is ended.
    """
    formatter = Once(JsonLines() if style is Style.JSON else Readable())
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        rotating = RotatingFile(file, maxBytes=LARGEST_FILE, backupCount=FILES_KEPT - 1, encoding="utf-8")
        rotating.setFormatter(formatter)
        handlers.append(Buffered(BUFFERED, flushLevel=logging.WARNING, target=rotating))
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.addFilter(Redactor())
    logging.basicConfig(level=level, handlers=handlers, force=True)


def flush() -> None:
    """Write what waits for the file."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, MemoryHandler):
            handler.flush()


def _stars(match: re.Match[str]) -> str:
    """Stars, behind the name of the secret where it has one."""
    name = re.match(r"(?i)(?:pass(?:word|wd)?|pin|secret|token|pwd)\b[\"']?\s*[=:]\s*[\"']?", match[0])
    return (name[0] if name else "") + REMOVED
