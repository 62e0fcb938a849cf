"""Opened image or video file: the stream that is shown, its frames as pictures, and images in several parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from videobar.files import open_regular
from videobar.media.media_file import ALONE
from videobar.media.video.conversion import Converter, Matrix, ToneMapper
from videobar.media.video.files.heif import Primary, merge, read_primary
from videobar.media.video.files.tiff import jpeg_in_tiff
from videobar.media.video.files.webp import FirstFrame, first_frame
from videobar.media.video.frame import Frame
from videobar.media.video.sources.source import VideoSourceUnavailable

MOST_PIXELS: Final = 64_000_000
"""Larger pictures are not decoded: a small file can claim to be of any size."""


class OpenedFile:
    """An open container and the stream of it that is shown. Belongs to one thread.

    `primary` and `first` are what a file says of itself. Raises `VideoSourceUnavailable`.
    """

    def __init__(
        self,
        container: InputContainer,
        name: str,
        *,
        primary: Primary | None = None,
        first: FirstFrame | None = None,
        within: tuple[int, int] | None = None,
        matrix: Colorspace | None = None,
        mapper: ToneMapper | None = None,
    ) -> None:
        self._container = container
        self._primary, self._first = primary, first
        self.stream = self._chosen(name)
        width, height = self._size()
        if width * height > MOST_PIXELS:
            raise VideoSourceUnavailable(f"{name} is too large: {width}x{height}")
        self._turned: Matrix | None = None
        self._converter = Converter(
            aspect=self.stream.sample_aspect_ratio,
            within=within,
            # HEIF images without a tag are of BT.601 (MIAF, ISO/IEC 23000-22 section 7.3.6.4).
            matrix=Colorspace.ITU601 if self._primary is not None else matrix,
            mapper=mapper,
        )

    def frames(self) -> Iterator[av.VideoFrame]:
        """Its frames, from where the container stands. Raises `av.FFmpegError`."""
        if self._primary is not None and (self._primary.colour.size or self._primary.alpha):
            yield self._merged(self._primary)
        elif self._first is not None:
            for frame in self._decoded():
                yield self._first.place(frame, VideoReformatter())
        else:
            yield from self._decoded()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Frames that can be decoded: an empty or damaged packet costs its own frames, and not the film."""
        refused: av.error.FFmpegError | None = None
        shown = False
        for packet in self._container.demux(self.stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                refused = refused or error
                continue
            for frame in frames:
                shown = True
                yield frame
        if refused is not None and not shown:
            raise refused

    def rewind(self) -> None:
        """Go back to the beginning. Raises `av.FFmpegError`."""
        self._container.seek(0)

    def convert(self, frame: av.VideoFrame) -> Frame:
        """The picture of one of its frames. Raises `av.FFmpegError` or `ValueError` where it cannot be made."""
        return self._converter.convert(frame, self._turned)

    def _chosen(self, name: str) -> VideoStream:
        streams = self._container.streams
        if self._primary is not None:
            for stream in streams.video:
                if stream.id == self._primary.colour.tiles[0]:
                    return stream
        best = streams.best("video")
        if not isinstance(best, VideoStream):
            raise VideoSourceUnavailable(f"{name} has no pictures")
        return best

    def _size(self) -> tuple[int, int]:
        if self._primary is not None and self._primary.colour.size is not None:
            return self._primary.colour.size
        if self._first is not None:
            return self._first.canvas
        return self.stream.width, self.stream.height

    def _merged(self, primary: Primary) -> av.VideoFrame:
        wanted = {*primary.colour.tiles, *(primary.alpha.tiles if primary.alpha is not None else ())}
        streams = [stream for stream in self._container.streams.video if stream.id in wanted]
        found: dict[int, av.VideoFrame] = {}
        for packet in self._container.demux(*streams):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    found.setdefault(packet.stream.id, frame)
        try:
            self._turned = primary.matrix
            return merge(primary, found, VideoReformatter())
        except KeyError:
            raise av.error.InvalidDataError(0, "a part of the image is missing") from None


@contextmanager
def open_picture_file(
    path: Path, *, within: tuple[int, int] | None = None, mapper: ToneMapper | None = None
) -> Iterator[OpenedFile]:
    """Open a regular file. Raises `VideoSourceUnavailable`, or `OSError`, of which libav's errors are some."""
    with open_regular(path) as file:
        primary, first = read_primary(file), first_frame(file)
        content = BytesIO(first.file) if first is not None else jpeg_in_tiff(file, MOST_PIXELS) or file
        content.seek(0)
        with av.open(content, "r", options=dict(ALONE)) as container:
            yield OpenedFile(container, path.name, primary=primary, first=first, within=within, mapper=mapper)
