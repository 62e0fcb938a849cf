from __future__ import annotations

import fractions
import zlib
from pathlib import Path

import av
import numpy as np
import pytest

from videobar.fingerprint import alike
from videobar.media.video.frame import filled, fingerprint_of, from_rgb, jpeg, to_rgb
from videobar.media.video.sources.content import STILL_EVERY_S
from videobar.media.video.sources.schemes import moves, open_content
from videobar.media.video.sources.source import VideoSourceUnavailable

pypdfium2 = pytest.importorskip("pypdfium2")


def colour_of(picture):
    return to_rgb(picture).reshape(-1, 3).mean(axis=0).round()


@pytest.fixture
def film(tmp_path) -> Path:
    """Three seconds, ten pictures a second: a second each of red, green and blue."""
    path = tmp_path / "film.mp4"
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(30):
            pixels = np.zeros((180, 320, 3), np.uint8)
            pixels[..., index // 10] = 230
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = index, fractions.Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def document(tmp_path) -> Path:
    """Two pages: a landscape one that is white, and a portrait one with a black half."""
    path = tmp_path / "plan.pdf"
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(720, 405)
    page = pdf.new_page(300, 600)
    half = pypdfium2.raw.FPDFPageObj_CreateNewRect(0, 0, 150, 600)
    pypdfium2.raw.FPDFPageObj_SetFillColor(half, 0, 0, 0, 255)
    pypdfium2.raw.FPDFPath_SetDrawMode(half, pypdfium2.raw.FPDF_FILLMODE_ALTERNATE, False)
    pypdfium2.raw.FPDFPage_InsertObject(page.raw, half)
    page.gen_content()
    pdf.save(path)
    return path


def test_a_still_is_given_five_times_a_second():
    source = open_content("slide:")
    given = [source.frame(tick / 100) is not None for tick in range(100)]
    assert sum(given) == round(1 / STILL_EVERY_S)
    source.close()


def test_a_picture_file(tmp_path):
    path = tmp_path / "roof.jpg"
    path.write_bytes(jpeg(filled(640, 360, 120, 90, 200)))
    picture = open_content(f"picture:{path}").frame(0)
    assert picture.size == (640, 360)
    assert abs(int(picture.y.mean()) - 120) < 3


def test_a_large_picture_is_made_smaller(tmp_path):
    path = tmp_path / "large.jpg"
    path.write_bytes(jpeg(filled(4000, 1000)))
    assert open_content(f"picture:{path}").frame(0).size == (1920, 480)


def test_a_picture_that_is_too_large_is_not_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    header = b"IHDR" + (30000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    chunk = (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    with pytest.raises(VideoSourceUnavailable, match=r"bomb\.png"):
        open_content(f"picture:{path}")


def test_pages_of_a_document(document):
    white = open_content(f"pdf:{document}#1").frame(0)
    assert white.size == (1920, 1080)
    assert white.y.mean() > 225
    half = open_content(f"pdf:{document}#2").frame(0)
    assert half.size == (540, 1080)
    assert half.y[:, :240].mean() < 30 < 200 < half.y[:, 300:].mean()
    for page in (0, 3):
        with pytest.raises(VideoSourceUnavailable, match="2 pages"):
            open_content(f"pdf:{document}#{page}")


def test_a_film_keeps_its_pace_and_begins_again(film):
    source = open_content(f"video:{film}")
    shown = {}
    for tick in range(70):
        picture = source.frame(5 + tick / 10)
        if picture is not None:
            shown[tick] = int(np.argmax(colour_of(picture)))
    assert [shown[tick] for tick in (2, 12, 22)] == [0, 1, 2]
    assert [shown[tick] for tick in (33, 43, 53)] == [0, 1, 2]
    source.close()
    assert moves(f"video:{film}")


def test_a_film_that_is_looked_at_late_skips(film):
    source = open_content(f"video:{film}")
    source.frame(0)
    assert np.argmax(colour_of(source.frame(2.5))) == 2


@pytest.mark.parametrize("scheme", ["picture", "video", "pdf"])
@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff", b"%PDF-1.7\n"])
def test_what_cannot_be_read_says_so(tmp_path, scheme, content):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    url = f"{scheme}:{path}" + ("#1" if scheme == "pdf" else "")
    with pytest.raises(VideoSourceUnavailable):
        open_content(url).frame(0)
    path.unlink()
    with pytest.raises(VideoSourceUnavailable):
        open_content(url).frame(0)


def test_what_is_no_content_says_so():
    with pytest.raises(VideoSourceUnavailable):
        open_content("pattern:")


def test_fingerprints_tell_pictures_apart_and_not_their_coding():
    slide = open_content("slide:").frame(0)
    noisy = from_rgb(
        np.clip(
            to_rgb(slide).astype(int) + np.random.default_rng(1).normal(0, 6, (720, 1280, 3)), 0, 255
        ).astype(np.uint8)
    )
    changed = from_rgb(to_rgb(slide))
    changed.y[300:340, 200:600] = 16
    assert alike(fingerprint_of(slide), fingerprint_of(noisy))
    assert not alike(fingerprint_of(slide), fingerprint_of(changed))
    assert not alike(fingerprint_of(filled(640, 360)), fingerprint_of(filled(640, 360, 16, 200, 128)))
    assert len(fingerprint_of(filled(2, 2))) == len(fingerprint_of(slide))


@pytest.mark.parametrize("damage", [b"", b"rubbish"])
def test_a_packet_that_is_damaged_costs_what_is_in_it_and_not_the_film(tmp_path, damage):
    path = tmp_path / "film.mkv"
    with av.open(path, "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 60 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, fractions.Fraction(1, 10)
            for whole in stream.encode(frame):
                packet = av.Packet(damage) if index == 1 else whole
                packet.stream, packet.time_base = stream, whole.time_base
                packet.pts, packet.dts, packet.is_keyframe = whole.pts, whole.dts, True
                out.mux(packet)
    source = open_content(f"video:{path}")
    pictures = (source.frame(tick / 10) for tick in range(4))
    shades = [colour_of(picture)[0] for picture in pictures if picture is not None]
    assert shades == pytest.approx([0, 120, 180], abs=3)


def test_why_a_file_cannot_be_shown_is_said_without_numbers(tmp_path):
    path = tmp_path / "text.png"
    path.write_text("hello")
    with pytest.raises(
        VideoSourceUnavailable, match=r"^text\.png cannot be read: Invalid data found [a-z ]+$"
    ):
        open_content(f"picture:{path}")
