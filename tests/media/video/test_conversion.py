"""Pictures of files and cameras are seen as their makers meant: levels, colours, way up, shape and transparency."""

from __future__ import annotations

import fractions
import io
import shutil
import struct
import subprocess
import time

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from tests.waiting import until

from videobar.codecs.h264 import H264
from videobar.codecs.registry import video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.conversion import Converter, ToneMapper, display_matrix
from videobar.media.video.frame import filled, from_frame, from_rgb, jpeg, to_rgb, yuv
from videobar.media.video.sources.schemes import open_content, open_source
from videobar.media.video.sources.source import VideoSourceUnavailable

image = pytest.importorskip("PIL.Image")

QUADRANTS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 240))
"""Upper left, upper right, lower left, lower right."""
TRANSPOSED = {1: None, 2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM"} | {
    5: "TRANSPOSE",
    6: "ROTATE_90",
    7: "TRANSVERSE",
    8: "ROTATE_270",
}
"""What makes of an upright picture the one that an EXIF orientation puts upright again."""


def quadrants(width=640, height=480):
    pixels = np.zeros((height, width, 3), np.uint8)
    for index, colour in enumerate(QUADRANTS):
        top, left = index // 2 * height // 2, index % 2 * width // 2
        pixels[top : top + height // 2, left : left + width // 2] = colour
    return pixels


def read_back(picture):
    """The picture's JPEG file as another decoder sees it."""
    return np.asarray(image.open(io.BytesIO(jpeg(picture))).convert("RGB"), int)


def corners(pixels):
    height, width = pixels.shape[:2]
    return [pixels[height * y // 4, width * x // 4] for y, x in ((1, 1), (1, 3), (3, 1), (3, 3))]


def looks_like(picture, colours=QUADRANTS, within=6):
    found = corners(read_back(picture))
    return all(
        np.abs(one - np.array(other)).max() <= within for one, other in zip(found, colours, strict=True)
    )


async def seen(url):
    source = open_source(url)
    found = []

    def look():
        found.append(source.frame(time.monotonic()))
        return found[-1] is not None

    try:
        await until(look, "the picture")
    finally:
        source.close()
    return found[-1]


GREYS = (0, 8, 30, 128, 240, 255)


MODES = {
    "png": ("RGB", "L", "RGBA", "LA", "I;16", "P"),
    "jpg": ("RGB", "L", "CMYK"),
    "webp": ("RGB", "RGBA"),
    "bmp": ("RGB", "L", "RGBA", "P"),
    "tiff": ("RGB", "L", "CMYK", "RGBA", "P"),
    "gif": ("L", "P"),
    "avif": ("RGB", "RGBA"),
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
async def test_greys_have_the_right_levels(tmp_path, kind, mode):
    pixels = np.repeat(np.array(GREYS, np.uint8), 80)[None].repeat(160, 0)
    if mode == "I;16":
        made = image.fromarray(pixels.astype(np.uint16) * 257)
    elif mode == "P":
        made = image.fromarray(pixels).quantize(6)
    else:
        made = image.fromarray(pixels).convert("RGB").convert(mode)
    path = tmp_path / f"grey.{kind}"
    made.save(path, **({"quality": 95} if kind in ("jpg", "webp", "avif") else {}))
    for picture in (open_content(f"picture:{path}").frame(0), await seen(f"file:{path}")):
        back = read_back(picture)
        found = [int(back[80, 80 * index + 40].mean().round()) for index in range(len(GREYS))]
        assert np.abs(np.subtract(found, GREYS)).max() <= 3, found
        assert int(picture.y[80, 40]) == pytest.approx(16, abs=1)
        assert int(picture.y[80, 440]) == pytest.approx(235, abs=1)


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp", "tiff", "avif"])
def test_colours_are_the_same_whatever_the_file(tmp_path, kind):
    path = tmp_path / f"colours.{kind}"
    image.fromarray(quadrants()).save(path, **({"quality": 95} if kind in ("jpg", "webp", "avif") else {}))
    assert looks_like(open_content(f"picture:{path}").frame(0))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff", "avif"])
async def test_every_exif_orientation_is_put_upright(tmp_path, kind, orientation):
    made = image.fromarray(quadrants())
    if TRANSPOSED[orientation]:
        made = made.transpose(image.Transpose[TRANSPOSED[orientation]])
    exif = image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{kind}"
    made.save(path, exif=exif)
    picture = open_content(f"picture:{path}").frame(0)
    assert picture.size == (640, 480)
    assert looks_like(picture, within=20)
    if kind == "jpg":
        assert looks_like(await seen(f"file:{path}"), within=20)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_transparent_image_is_put_upright_too(tmp_path, orientation):
    """Colours and alpha are two images in the file."""
    pixels = np.dstack([quadrants(), np.full((480, 640), 255, np.uint8)])
    pixels[:20, :, 3] = 0
    made = image.fromarray(pixels)
    if TRANSPOSED[orientation]:
        made = made.transpose(image.Transpose[TRANSPOSED[orientation]])
    exif = image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "turned.avif"
    made.save(path, exif=exif)
    picture = open_content(f"picture:{path}").frame(0)
    assert picture.size == (640, 480)
    assert looks_like(picture, within=20)
    assert picture.y[8].min() >= 230


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "tiff_deflate", "packbits", None])
@pytest.mark.parametrize("mode", ["RGB", "L"])
async def test_tiff_of_every_compression(tmp_path, compression, mode):
    path = tmp_path / "scan.tiff"
    pixels = quadrants()
    image.fromarray(pixels).convert(mode).save(path, compression=compression)
    greys = [(round(r * 0.299 + g * 0.587 + b * 0.114),) * 3 for r, g, b in QUADRANTS]
    for picture in (open_content(f"picture:{path}").frame(0), await seen(f"file:{path}")):
        assert looks_like(picture, QUADRANTS if mode == "RGB" else greys)


@pytest.mark.parametrize("cut", [6, 12, 100, 2000])
def test_a_tiff_that_is_cut_off_says_so(tmp_path, cut):
    path = tmp_path / "scan.tiff"
    image.fromarray(quadrants()).save(path, compression="jpeg")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(VideoSourceUnavailable, match=r"scan\.tiff"):
        open_content(f"picture:{path}")


def test_a_jpeg_file_of_ycck(tmp_path):
    """As programs for print write CMYK: the component identifiers and the transform of Adobe's marker say so."""
    made = io.BytesIO()
    channels = np.repeat(np.array([[[133, 125, 63, 255], [60, 128, 128, 200]]], np.uint8), 64, 0).repeat(
        64, 1
    )
    image.fromarray(255 - channels, "CMYK").save(made, "jpeg", quality=95)
    data = bytearray(made.getvalue())
    data[data.index(b"Adobe") + 11] = 2
    at = 2
    while data[at + 1] != 0xDA:
        if data[at + 1] == 0xC0:
            data[at + 10 : at + 22 : 3] = bytes(range(1, 5))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    data[at + 5 : at + 13 : 2] = bytes(range(1, 5))
    path = tmp_path / "print.jpg"
    path.write_bytes(data)
    wanted = np.asarray(image.open(path).convert("RGB"), int)
    back = read_back(open_content(f"picture:{path}").frame(0))
    for column in (32, 96):
        assert np.abs(back[32, column] - wanted[32, column]).max() <= 6


def text_on_nothing():
    pixels = np.zeros((480, 640, 4), np.uint8)
    pixels[200:280, 200:440, 3] = 255
    return pixels


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("png", "RGBA"),
        ("png", "LA"),
        ("png", "P"),
        ("gif", "RGBA"),
        ("gif", "P"),
        ("webp", "RGBA"),
        ("tiff", "RGBA"),
        ("avif", "RGBA"),
    ],
)
async def test_what_is_transparent_is_white(tmp_path, kind, mode):
    pixels = text_on_nothing()
    path = tmp_path / f"text.{kind}"
    if mode == "P":
        made = image.fromarray((pixels[..., 3] > 0).astype(np.uint8), "P")
        made.putpalette([0, 0, 0] * 2)
        made.save(path, transparency=0)
    else:
        image.fromarray(pixels).convert(mode).save(path)
    for picture in (open_content(f"picture:{path}").frame(0), await seen(f"file:{path}")):
        assert picture.size == (640, 480)
        assert picture.y[20, 20] >= 234
        assert picture.y[240, 320] <= 18


def test_what_is_half_transparent_is_half_white(tmp_path):
    path = tmp_path / "half.png"
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[..., 3] = 128
    image.fromarray(pixels).save(path)
    assert read_back(open_content(f"picture:{path}").frame(0)).mean() == pytest.approx(127, abs=2)


def test_one_colour_of_a_png_can_be_transparent(tmp_path):
    path = tmp_path / "key.png"
    pixels = text_on_nothing()
    colours = pixels[..., :3].copy()
    colours[pixels[..., 3] == 0] = (7, 7, 7)
    image.fromarray(colours).save(path, transparency=(7, 7, 7))
    picture = open_content(f"picture:{path}").frame(0)
    assert picture.y[20, 20] >= 234
    assert picture.y[240, 320] <= 18


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp"])
@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1, 1), (2, 2)),
        ((1, 5), (2, 6)),
        ((3, 999), (4, 1000)),
        ((641, 361), (640, 360)),
        ((20000, 10), (1920, 2)),
        ((16, 16), (16, 16)),
        ((17, 17), (16, 16)),
    ],
)
async def test_any_size_is_shown(tmp_path, kind, size, shown):
    path = tmp_path / f"size.{kind}"
    image.new("RGB", size, (128, 128, 128)).save(path)
    picture = open_content(f"picture:{path}").frame(0)
    assert picture.size == shown
    assert np.ptp(picture.y) <= 1
    assert int(picture.y[0, 0]) == pytest.approx(126, abs=1)
    if kind == "png":
        assert np.ptp((await seen(f"file:{path}")).y) <= 1


@pytest.mark.parametrize("kind", ["gif", "webp", "png", "avif", "tiff"])
async def test_of_what_is_animated_the_first_picture_is_shown(tmp_path, kind):
    path = tmp_path / f"moving.{kind}"
    frames = [image.new("RGB", (160, 120), colour) for colour in ((220, 30, 30), (30, 200, 30))]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=500)
    assert looks_like(open_content(f"picture:{path}").frame(0), [QUADRANTS[0]] * 4)


async def test_an_animated_webp_with_transparency(tmp_path):
    path = tmp_path / "moving.webp"
    first = image.fromarray(text_on_nothing())
    first.save(
        path, save_all=True, append_images=[image.new("RGBA", first.size, (9, 9, 9, 255))], lossless=True
    )
    picture = await seen(f"file:{path}")
    assert picture.y[20, 20] >= 234
    assert picture.y[240, 320] <= 18


@pytest.mark.parametrize("damage", [30, 60, 200])
def test_an_animated_webp_that_is_cut_off_says_so(tmp_path, damage):
    whole, path = io.BytesIO(), tmp_path / "cut.webp"
    frames = [image.fromarray(quadrants()), image.new("RGB", (640, 480))]
    frames[0].save(whole, "webp", save_all=True, append_images=frames[1:])
    path.write_bytes(whole.getvalue()[:damage])
    with pytest.raises(VideoSourceUnavailable, match=r"cut\.webp"):
        open_content(f"picture:{path}")


# Films


def film(
    path,
    pixels=None,
    *,
    codec="libx264",
    matrix=None,
    full=False,
    size=(640, 360),
    turn=0,
    mirror=False,
    aspect=None,
    **kw,
):
    """Half a second of one picture. `matrix` is written as it is said, also into the file."""
    pixels = quadrants(*size) if pixels is None else pixels
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=10, options={"qp": "0"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if matrix is not None:
            stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = ColorRange.JPEG if full else ColorRange.MPEG
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn or mirror:
            stream.set_display_rotation(turn, hflip=mirror)
        for index in range(5):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p",
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
                dst_colorspace=matrix or Colorspace.ITU601,
            )
            frame.pts, frame.time_base = index, fractions.Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709, Colorspace.BT2020])
async def test_films_of_every_matrix_and_range(tmp_path, matrix, full):
    path = film(tmp_path / "film.mp4", matrix=matrix, full=full)
    for picture in (open_content(f"video:{path}").frame(0), await seen(f"file:{path}")):
        assert looks_like(picture)
        assert picture.y.max() <= 236


@pytest.mark.parametrize(
    ("size", "matrix"), [((640, 360), Colorspace.ITU601), ((1280, 720), Colorspace.ITU709)]
)
def test_films_without_a_tag_are_of_the_matrix_that_is_usual_for_their_size(tmp_path, size, matrix):
    pixels = from_frame_of(quadrants(*size), matrix)
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        pixels.pts, pixels.time_base = 0, fractions.Fraction(1, 10)
        out.mux(stream.encode(pixels))
        out.mux(stream.encode(None))
    assert looks_like(open_content(f"video:{path}").frame(0))


def from_frame_of(pixels, matrix):
    return av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p",
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=matrix,
    )


async def test_motion_jpeg_has_the_full_range(tmp_path):
    """As cameras on USB send it."""
    path = tmp_path / "camera.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=10, options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj422p"
        stream.codec_context.color_range = ColorRange.JPEG
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(quadrants(), format="rgb24").reformat(
                format="yuvj422p", src_color_range=ColorRange.JPEG, dst_color_range=ColorRange.JPEG
            )
            frame.pts, frame.time_base = index, fractions.Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert looks_like(await seen(f"file:{path}"))


@pytest.mark.parametrize(
    ("turn", "mirror", "order"),
    [
        (90, False, (1, 3, 0, 2)),
        (180, False, (3, 2, 1, 0)),
        (-90, False, (2, 0, 3, 1)),
        (0, True, (1, 0, 3, 2)),
    ],
)
async def test_films_are_turned_as_their_display_matrix_says(tmp_path, turn, mirror, order):
    path = film(tmp_path / "film.mp4", turn=turn, mirror=mirror)
    expected = [QUADRANTS[index] for index in order]
    for picture in (open_content(f"video:{path}").frame(0), await seen(f"file:{path}")):
        assert picture.size == ((360, 640) if turn % 180 else (640, 360))
        assert looks_like(picture, expected)


@pytest.mark.parametrize(
    ("size", "aspect", "shown"),
    [
        ((720, 576), fractions.Fraction(64, 45), (1024, 576)),
        ((720, 576), fractions.Fraction(16, 15), (768, 576)),
        ((1440, 1080), fractions.Fraction(4, 3), (1920, 1080)),
        ((640, 360), fractions.Fraction(1, 2), (640, 720)),
        ((640, 360), None, (640, 360)),
    ],
)
async def test_pixels_become_square(tmp_path, size, aspect, shown):
    path = film(tmp_path / "film.mkv", size=size, aspect=aspect)
    for picture in (open_content(f"video:{path}").frame(0), await seen(f"file:{path}")):
        assert picture.size == shown


@pytest.mark.parametrize(
    ("transfer", "codes", "greys"),
    [
        # BT.2100 PQ: 0, 5, 203 (the white of HDR, BT.2408) and 1000 cd/m²
        (ColorTrc.SMPTE2084, (0.0, 0.27, 0.58, 0.75), ((0, 4), (35, 75), (240, 255), (250, 255))),
        # HLG: its reference white is at 0.75
        (ColorTrc.ARIB_STD_B67, (0.0, 0.25, 0.75, 1.0), ((0, 4), (50, 90), (240, 255), (250, 255))),
    ],
)
def test_hdr_white_is_white(transfer, codes, greys):
    frame = av.VideoFrame(640, 360, "yuv420p10le")
    luma = np.frombuffer(frame.planes[0], np.uint16).reshape(360, -1)
    for index, code in enumerate(codes):
        luma[:, index * 160 : index * 160 + 160] = round(64 + code * 876)
    for plane in frame.planes[1:]:
        np.frombuffer(plane, np.uint16)[:] = 512
    frame.color_range, frame.colorspace = ColorRange.MPEG, Colorspace.BT2020
    frame.color_trc, frame.color_primaries = transfer, ColorPrimaries.BT2020
    back = read_back(Converter().convert(frame))
    for index, (least, most) in enumerate(greys):
        grey = back[180, index * 160 + 80]
        assert np.ptp(grey) <= 6
        assert least <= grey.mean() <= most


def hdr(width, height):
    frame = av.VideoFrame(width, height, "yuv420p10le")
    for plane, code in zip(frame.planes, (round(64 + 0.58 * 876), 512, 512), strict=True):
        np.frombuffer(plane, np.uint16)[:] = code
    frame.color_range, frame.colorspace = ColorRange.MPEG, Colorspace.BT2020
    frame.color_trc, frame.color_primaries = ColorTrc.SMPTE2084, ColorPrimaries.BT2020
    return frame


def test_hdr_is_made_smaller_and_what_was_worked_out_is_kept():
    mapper = ToneMapper()
    for _ in range(2):
        picture = Converter(within=(640, 360), mapper=mapper).convert(hdr(1280, 720))
        assert picture.size == (640, 360)
        assert read_back(picture).mean() == pytest.approx(247, abs=8)
    kept = mapper._kept
    Converter(within=(640, 360), mapper=mapper).convert(hdr(1280, 720))
    assert mapper._kept is kept


def test_a_stream_that_changes_its_size_goes_on():
    converter = Converter(within=(1920, 1080))
    for size in ((640, 480), (4000, 1000), (321, 241)):
        frame = av.VideoFrame.from_ndarray(quadrants(*size)[: size[1], : size[0]], format="rgb24")
        assert converter.convert(frame).width == min(size[0] // 2 * 2, 1920)


def test_upright_is_what_says_nothing():
    assert display_matrix(av.VideoFrame(16, 16, "yuv420p")) == (1, 0, 0, 1)


# Documents


def test_a_page_is_white_and_black(tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    path, document = tmp_path / "page.pdf", pdfium.PdfDocument.new()
    page = document.new_page(400, 300)
    half = pdfium.raw.FPDFPageObj_CreateNewRect(0, 0, 200, 300)
    pdfium.raw.FPDFPageObj_SetFillColor(half, 30, 30, 30, 255)
    pdfium.raw.FPDFPath_SetDrawMode(half, pdfium.raw.FPDF_FILLMODE_ALTERNATE, False)
    pdfium.raw.FPDFPage_InsertObject(page.raw, half)
    page.gen_content()
    document.save(path)
    back = read_back(open_content(f"pdf:{path}#1").frame(0))
    assert back[500, 300].mean() == pytest.approx(30, abs=2)
    assert back[500, 1200].mean() == pytest.approx(255, abs=1)


@pytest.mark.parametrize("size", [(0.2, 300), (14400, 3)])
def test_a_page_as_narrow_as_a_line(tmp_path, size):
    pdfium = pytest.importorskip("pypdfium2")
    path, document = tmp_path / "page.pdf", pdfium.PdfDocument.new()
    document.new_page(*size)
    document.save(path)
    picture = open_content(f"pdf:{path}#1").frame(0)
    assert max(picture.size) <= 1920
    assert picture.y.min() >= 234


# HEIF


def box(name, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def grid_file(path):
    """Four pictures of a quadrant each, put together as telephones do, from what the coder made of each alone."""
    payloads, configurations = [], []
    for colour in QUADRANTS:
        made = io.BytesIO()
        image.new("RGB", (128, 128), colour).save(made, "avif", quality=95)
        data = made.getvalue()
        mdat = data.index(b"mdat")
        payloads.append(data[mdat + 4 :])
        start = data.index(b"av1C") - 4
        configurations.append(data[start : start + struct.unpack_from(">I", data, start)[0]])
    ispe = [struct.pack(">4xII", 128, 128), struct.pack(">4xII", 200, 256)]
    grid = struct.pack(">BBBBHH", 0, 0, 1, 1, 200, 256)
    infos = [box(b"infe", struct.pack(">I HH4s", 0x02000000, 1, 0, b"grid"), b"\0")]
    infos += [box(b"infe", struct.pack(">I HH4s", 0x02000001, 2 + n, 0, b"av01"), b"\0") for n in range(4)]
    properties = box(
        b"ipco", box(b"ispe", ispe[0]), box(b"ispe", ispe[1]), configurations[0], box(b"irot", b"\x01")
    )
    associations = [struct.pack(">HBBB", 1, 2, 2, 4)]
    associations += [struct.pack(">HBBB", 2 + n, 2, 1, 0x83) for n in range(4)]
    ipma = box(b"ipma", struct.pack(">II", 0, 5), *associations)

    def meta(at):
        places = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))]
        for number, payload in enumerate(payloads):
            places.append(struct.pack(">HHHHII", 2 + number, 0, 0, 1, at, len(payload)))
            at += len(payload)
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", struct.pack(">8x4s13x", b"pict")),
            box(b"pitm", struct.pack(">IH", 0, 1)),
            box(b"iloc", struct.pack(">IBBH", 0x01000000, 0x44, 0x00, 5), *places),
            box(b"iinf", struct.pack(">IH", 0, 5), *infos),
            box(b"iref", bytes(4), box(b"dimg", struct.pack(">HHHHHH", 1, 4, 2, 3, 4, 5))),
            box(b"iprp", properties, ipma),
            box(b"idat", grid),
        )

    ftyp = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf")
    where = len(ftyp) + len(meta(0)) + 8
    path.write_bytes(ftyp + meta(where) + box(b"mdat", *payloads))


async def test_an_image_of_tiles_is_put_together_cut_and_turned(tmp_path):
    path = tmp_path / "grid.avif"
    grid_file(path)
    for picture in (open_content(f"picture:{path}").frame(0), await seen(f"file:{path}")):
        assert picture.size == (256, 200)
        # A quarter to the left (irot 1): what was upper right is upper left.
        assert looks_like(picture, [QUADRANTS[index] for index in (1, 3, 0, 2)])


@pytest.mark.parametrize("cut", [40, 200, 400, -60])
def test_an_image_of_tiles_that_is_cut_off_says_so(tmp_path, cut):
    path = tmp_path / "grid.avif"
    grid_file(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(VideoSourceUnavailable, match=r"grid\.avif"):
        open_content(f"picture:{path}")


# What goes out


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_colours_survive_a_call(codec):
    encoder = VideoEncoder(EncoderSettings(video_format(codec), 640, 480, 10, 4000))
    picture = from_rgb(quadrants())
    (decoded,) = VideoDecoder(video_format(codec)).decode(encoder.encode(picture, keyframe=True))
    encoder.close()
    assert looks_like(decoded, within=10)


@pytest.mark.apt
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_another_decoder_sees_the_same_colours_in_what_is_sent(tmp_path):
    encoder = VideoEncoder(EncoderSettings(H264(), 1280, 720, 10, 4000))
    (tmp_path / "sent.h264").write_bytes(encoder.encode(from_rgb(quadrants(1280, 720)), keyframe=True))
    encoder.close()
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "sent.h264", "-frames:v", "1", tmp_path / "seen.png"]
    subprocess.run(command, check=True)
    found = corners(np.asarray(image.open(tmp_path / "seen.png").convert("RGB"), int))
    assert np.abs(np.subtract(found, QUADRANTS)).max() <= 10
    with av.open(str(tmp_path / "sent.h264")) as container:
        tags = container.streams.video[0].codec_context
        assert (tags.color_range, tags.colorspace) == (ColorRange.MPEG, 6)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709])
def test_far_ends_that_send_another_matrix_or_range_are_seen_right(tmp_path, matrix, full):
    path = film(tmp_path / "far.h264", matrix=matrix, full=full)
    decoder = VideoDecoder(H264())
    with av.open(str(path)) as container:
        coded = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    pictures = [picture for each in coded for picture in decoder.decode(each)]
    assert pictures
    assert looks_like(pictures[0])


def test_a_snapshot_is_a_jpeg_file_of_full_range():
    file = image.open(io.BytesIO(jpeg(filled(64, 64, y=16))))
    assert file.info["jfif"]
    assert np.asarray(file.convert("RGB")).max() <= 1
    assert read_back(filled(64, 64, y=235)).min() >= 254
    assert np.abs(read_back(from_rgb(quadrants())) - to_rgb(from_rgb(quadrants())).astype(int)).mean() < 3
    assert yuv(255, 255, 255) == (235, 128, 128)


def test_a_grey_of_limited_range_is_not_stretched_twice():
    frame = av.VideoFrame(16, 16, "gray")
    np.frombuffer(frame.planes[0], np.uint8)[:] = 16
    frame.color_range = ColorRange.MPEG
    assert int(from_frame(frame).y[0, 0]) == pytest.approx(16, abs=1)
    frame.color_range = ColorRange.JPEG
    assert int(from_frame(frame).y[0, 0]) == pytest.approx(30, abs=1)


def test_a_bomb_is_refused_as_a_camera_too(tmp_path):
    path = tmp_path / "bomb.png"
    image.new("1", (16_000, 8_000)).save(path)
    with pytest.raises(VideoSourceUnavailable, match="too large: 16000x8000"):
        open_source(f"file:{path}")
    with pytest.raises(VideoSourceUnavailable, match="too large: 16000x8000"):
        open_content(f"picture:{path}")
