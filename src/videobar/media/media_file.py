"""Files of sound and pictures, as libav reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import av
from av.container import InputContainer

from videobar.files import open_regular

ALONE: Final[Mapping[str, str]] = MappingProxyType({"protocol_whitelist": "none"})
"""A file that is a list of other files or addresses (HLS, ffconcat) does not open them."""


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """The container in a regular file. Raises `OSError`, of which libav's errors are some."""
    with open_regular(path) as file, av.open(file, "r", options=dict(ALONE)) as container:
        yield container
