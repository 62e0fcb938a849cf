"""Pictures of cameras: the drawn room, digital pan, tilt and zoom, JPEG and the search for people.

Beside them FFmpeg's own: its synthetic picture `testsrc2`, its scaler (`crop` and `scale`) and OpenCV's JPEG encoder.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import av
import cv2
import numpy as np
from av.filter import Graph

from videobar.media.drawn.source import DrawnSource
from videobar.media.video.digital_ptz import show
from videobar.media.video.faces import FaceFinder
from videobar.media.video.frame import Frame, from_frame, jpeg, to_frame
from videobar.media.video.lens import Lens


def measure(
    name: str, step: Callable[[int], object], beside: float | None = None, *, runs: int = 150, per_s: int = 30
) -> float:
    """CPU milliseconds of one step, printed with the ratio to `beside`."""
    step(0)
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(1, runs + 1):
        step(number)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    each = cpu / runs * 1000
    ratio = f"   {each / beside:5.2f} times the reference" if beside else ""
    share = f"{each * per_s / 10:5.1f} % of a core at {per_s} a second"
    print(f"{name:42} {each:7.2f} ms {runs / wall:6.0f}/s  {share}{ratio}")
    return each


def synthetic(size: str) -> Callable[[int], object]:
    """Pictures of `testsrc2`."""
    frames = av.open(f"testsrc2=size={size}:rate=30", format="lavfi").decode(video=0)
    return lambda _: from_frame(next(frames))


def ffmpeg_zoom(picture: Frame, width: int, height: int) -> Callable[[int], object]:
    """FFmpeg's filters that show a part of a picture."""
    graph = Graph()
    source = graph.add_buffer(width=picture.width, height=picture.height, format="yuv420p", time_base="1/30")
    crop = graph.add("crop", f"{picture.width // 3 * 2}:{picture.height // 3 * 2}:300:200")
    scale = graph.add("scale", f"{width}:{height}:flags=bilinear")
    sink = graph.add("buffersink")
    source.link_to(crop)
    crop.link_to(scale)
    scale.link_to(sink)
    graph.configure()
    frame = to_frame(picture)

    def step(number: int) -> object:
        frame.pts = number
        graph.push(frame)
        return graph.pull()

    return step


def main() -> None:
    """Print all figures."""
    av.logging.set_level(av.logging.ERROR)
    began = time.process_time()
    drawn = DrawnSource(1280, 720)
    print(f"opening the drawn room takes {(time.process_time() - began) * 1000:.0f} ms of CPU")
    reference = measure("FFmpeg testsrc2, 1280x720", synthetic("1280x720"))
    measure("drawn room, widest view, 1280x720", lambda n: drawn.frame(n / 30), reference)

    def pan(number: int) -> object:
        drawn.point(number * 200 - 15_000, 0, -50_000)
        return drawn.frame(number / 30)

    measure("drawn room while it pans", pan, reference)
    drawn.point(-14_000, 2_000, 10_000)
    measure("drawn room, close", lambda n: drawn.frame(10 + n / 30), reference)

    large = Frame(3840, 2160, *(plane.copy() for plane in drawn._scene.planes))
    lens = Lens(3840, 2160, 2 / 3)
    reference = measure("FFmpeg crop and scale, 4K to 1280x720", ffmpeg_zoom(large, 1280, 720))
    for name, view in (("widest", (0, 0, -50_000)), ("half zoom", (0, 0, 0)), ("closest", (0, 0, 50_000))):
        window = lens.window(*view)
        measure(
            f"digital PTZ, 4K to 1280x720, {name}", lambda _, w=window: show(large, w, 1280, 720), reference
        )
    window = lens.window(0, 0, 0)
    measure("digital PTZ, 4K to 1920x1080, half zoom", lambda _: show(large, window, 1920, 1080))
    measure("the same, unsharp", lambda _: show(large, window, 1280, 720, 20_000))

    drawn.point(0, 0, -50_000)
    picture = drawn.frame(99.0)
    pixels = cv2.cvtColor(
        np.vstack([picture.y, picture.u.reshape(-1, 1280), picture.v.reshape(-1, 1280)]),
        cv2.COLOR_YUV2BGR_I420,
    )
    reference = measure("OpenCV JPEG, 1280x720, quality 90", lambda _: cv2.imencode(".jpg", pixels, [1, 90]))
    measure("snapshot JPEG, 1280x720", lambda _: jpeg(picture), reference)

    finder = FaceFinder()
    survey = drawn.survey(100.0)
    faces = finder.find(survey.luma)
    measure(f"search for people ({len(faces)} found)", lambda _: finder.find(survey.luma), runs=10, per_s=1)


if __name__ == "__main__":
    main()
