import itertools
import time
import wave

import av
import numpy as np
import pytest

from videobar.media.video.frame import Frame, jpeg, yuv
from videobar.media.video.sources.schemes import open_source
from videobar.media.video.sources.source import Pointable, Surveyable, VideoSourceUnavailable, shown
from videobar.media.video.sources.stream import Stream, StreamSource


def colours(width, height, *shades):
    """Vertical bars."""
    y = np.zeros((height, width), np.uint8)
    for number, shade in enumerate(shades):
        y[:, number * width // len(shades) :] = shade
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return Frame(width, height, y, grey, grey)


@pytest.fixture
def still(tmp_path):
    file = tmp_path / "room @ 1.jpg"
    file.write_bytes(jpeg(colours(640, 360, 40, 120, 200)))
    return file


@pytest.fixture
def film(tmp_path):
    """Ten pictures, ever lighter, 20 in a second."""
    file = tmp_path / "film.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(10):
            pixels = np.full((240, 320, 3), 20 + 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return file


def first(source):
    for _ in range(3000):
        picture = source.frame(time.monotonic())
        if picture is not None:
            return picture
        time.sleep(0.01)
    raise AssertionError("no picture")


def test_a_still_picture_stays(still):
    source = open_source(f"file:{still}")
    picture = first(source)
    assert picture.size == (640, 360)
    assert abs(int(picture.y[100, 320]) - 120) < 4
    source._reader.join(30)
    assert source.frame(99.0) is source.frame(100.0) is picture
    source.close()
    source.close()


def test_a_camera_that_breaks_off_after_one_picture_gives_no_more(still):
    source = StreamSource(Stream(f"file:{still}", "a camera", live=True))
    source._reader.join(30)
    assert source.frame(99.0) is None
    source.close()


def test_a_part_of_it_is_shown(still):
    source = open_source(f"file:{still}")
    assert isinstance(source, Pointable)
    source.point(50_000, 0, 50_000)
    picture = first(source)
    assert picture.size == (640, 360)
    assert picture.y.min() > 190  # the bar to the right
    source.point(-50_000, 0, 50_000)
    assert first(source).y.max() < 50
    source.point(-50_000, 0, -50_000)
    assert np.ptp(first(source).y) > 150
    source.close()


def test_all_of_it_can_be_searched(still):
    source = open_source(f"file:{still}")
    assert isinstance(source, Surveyable)
    source.point(50_000, 0, 50_000)
    first(source)
    survey = source.survey(1.0)
    assert survey.luma.shape == (540, 960)
    assert np.ptp(survey.luma) > 150
    source.close()


def test_a_film_is_played_again_and_again_at_its_own_pace(film):
    source = open_source(f"file:{film}")
    seen, began = [], time.monotonic()
    while len(seen) < 25 and time.monotonic() - began < 60:
        picture = source.frame(time.monotonic())
        if picture is not None:
            seen.append(int(picture.y.mean()))
        time.sleep(0.002)
    assert time.monotonic() - began > 0.9  # 25 pictures, 20 in a second, some of them missed
    assert sum(later < before for before, later in itertools.pairwise(seen)) >= 1  # it began again
    source.close()
    assert not source._reader.is_alive()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:/nowhere/at/all.jpg", "there is no file"),
        ("v4l2:/dev/video97", "No such file"),
        ("rtsp://127.0.0.1:9/x", "refused"),
        ("none:", "no camera"),
    ],
)
def test_what_cannot_be_opened(url, why):
    with pytest.raises(VideoSourceUnavailable, match=why):
        open_source(url)


def test_a_file_that_is_no_picture(tmp_path):
    file = tmp_path / "x.jpg"
    file.write_bytes(b"nonsense")
    source = open_source(f"file:{file}")
    source._reader.join(30)
    assert source.frame(1.0) is None
    assert source.survey(1.0) is None


def test_a_sound_has_no_pictures(tmp_path):
    file = tmp_path / "x.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(1600))
    with pytest.raises(VideoSourceUnavailable, match="no pictures"):
        open_source(f"file:{file}")


def test_passwords_are_not_shown():
    assert shown("rtsp://ann:p@ss@192.0.2.1/live") == "rtsp://192.0.2.1/live"
    assert shown("file:/srv/a@b.jpg") == "file:/srv/a@b.jpg"
    with pytest.raises(VideoSourceUnavailable) as refused:
        open_source("rtsp://ann:secret@127.0.0.1:9/live")
    assert "secret" not in str(refused.value)
    assert "ann" not in str(refused.value)


def test_large_pictures_become_smaller(tmp_path):
    file = tmp_path / "large.jpg"
    y, u, v = yuv(200, 40, 40)
    shape = (1250, 2000)
    file.write_bytes(
        jpeg(
            Frame(
                4000,
                2500,
                np.full((2500, 4000), y, np.uint8),
                np.full(shape, u, np.uint8),
                np.full(shape, v, np.uint8),
            )
        )
    )
    source = open_source(f"file:{file}")
    picture = first(source)
    assert picture.size == (1728, 1080)
    assert abs(int(picture.v[100, 100]) - v) < 6
    source.close()
