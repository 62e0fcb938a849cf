"""The files that the room can share as content: those in one directory, by name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from videobar.errors import InvalidRequest, NoSuchContentSource
from videobar.room.content import ContentItem
from videobar.vocabulary import ContentSourceKind

KINDS: Final = {
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"), ContentSourceKind.PICTURE
    ),
    ".pdf": ContentSourceKind.DOCUMENT,
    **dict.fromkeys(
        (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".ts"), ContentSourceKind.VIDEO
    ),
}
_SCHEMES: Final = {
    ContentSourceKind.PICTURE: "picture",
    ContentSourceKind.DOCUMENT: "pdf",
    ContentSourceKind.VIDEO: "video",
}


class ContentDirectory:
    """A directory that an administrator fills; it need not exist. Nothing outside it can be named."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def sources(self) -> Sequence[ContentItem]:
        """Its files of known kinds, by name."""
        try:
            names = sorted(path.name for path in self._directory.iterdir() if path.is_file())
        except OSError:
            return ()
        return tuple(self._source(name) for name in names if self._kind(name) is not None)

    def find(self, name: str) -> ContentItem:
        """The file of that name."""
        if self._kind(name) is None or name != Path(name).name or "\0" in name:
            raise NoSuchContentSource(f"source: {name!r} is neither `slide` nor a file that can be shown")
        if not self._there(name):
            raise NoSuchContentSource(f"source: there is no {name!r} among the content files")
        source = self._source(name)
        if source.kind is ContentSourceKind.DOCUMENT and find_spec("pypdfium2") is None:
            raise InvalidRequest("source: to show PDF pages, install videobar with the extra `pdf`")
        return source

    def _there(self, name: str) -> bool:
        try:
            return (self._directory / name).is_file()
        except OSError:  # such as a name that is too long
            return False

    def _kind(self, name: str) -> ContentSourceKind | None:
        return KINDS.get(Path(name).suffix.lower())

    def _source(self, name: str) -> ContentItem:
        kind = KINDS[Path(name).suffix.lower()]
        url = f"{_SCHEMES[kind]}:{(self._directory / name).absolute()}"
        return ContentItem(name, kind, url, pages=kind is ContentSourceKind.DOCUMENT)
