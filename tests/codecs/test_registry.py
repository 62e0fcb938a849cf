from __future__ import annotations

import av
import pytest

from videobar.codecs.h264 import H264
from videobar.codecs.opus import Opus
from videobar.codecs.registry import AUDIO_FORMATS, VIDEO_FORMATS, UnknownCodec, audio_format, video_format
from videobar.media.video.codec import VideoDecoder, VideoEncoder
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.frame import filled


def test_codecs_are_found_by_their_encoding_in_any_case():
    assert video_format("h264") == video_format("H264") == H264()
    assert audio_format("OPUS") == Opus()


def test_what_there_is_no_codec_for():
    with pytest.raises(UnknownCodec, match="'H261'.*VP8"):
        video_format("H261")
    with pytest.raises(UnknownCodec, match="'siren14'.*G722"):
        audio_format("siren14")


def test_names_in_settings_and_for_people():
    assert {each.name: each.shown for each in AUDIO_FORMATS.values()} == {
        "opus": "Opus",
        "g722": "G.722",
        "pcmu": "G.711u",
        "pcma": "G.711a",
    }
    assert {each.name: each.shown for each in VIDEO_FORMATS.values()} == {"h264": "H.264", "vp8": "VP8"}


@pytest.mark.parametrize("name", AUDIO_FORMATS)
def test_a_stream_has_the_clock_of_its_format(name):
    codec = AUDIO_FORMATS[name].codec()
    assert (codec.name, codec.clock_rate) == (AUDIO_FORMATS[name].encoding, AUDIO_FORMATS[name].clock_rate)
    codec.close()


@pytest.mark.parametrize("largest_slice", [None, 1000])
@pytest.mark.parametrize("name", VIDEO_FORMATS)
def test_frames_go_through_packets_to_the_decoder(name, largest_slice):
    codec = VIDEO_FORMATS[name]
    settings = EncoderSettings(codec, 640, 360, 30, 1000, largest_slice)
    encoder, decoder, depacketizer = VideoEncoder(settings), VideoDecoder(codec), codec.depacketizer()
    for index in range(3):
        payloads = codec.packetize(
            encoder.encode(filled(640, 360, y=60 + 40 * index), keyframe=False), settings
        )
        units = [
            unit
            for at, payload in enumerate(payloads)
            for unit in depacketizer.push(payload, index, at == len(payloads) - 1, after_loss=False)
        ]
        (unit,) = units
        assert unit.keyframe == (index == 0)
        assert not unit.damaged
        (seen,) = decoder.decode(unit.data)
        assert abs(int(seen.y[180, 320]) - (60 + 40 * index)) <= 3
    assert decoder.failures == 0
    encoder.close()
    decoder.close()


@pytest.mark.parametrize("name", VIDEO_FORMATS)
def test_libav_has_the_encoder_and_decoder(name):
    assert av.codec.Codec(VIDEO_FORMATS[name].libav_encoder, "w").is_encoder
    assert av.codec.Codec(VIDEO_FORMATS[name].libav_decoder, "r").is_decoder
