"""Codecs: one file each, with all that is particular to it in media, RTP, SDP and settings, and a registry of them.

To add one: its file, which implements `VideoFormat` or `AudioFormat` (see `formats`), and its line in `registry`. All
else asks these objects, and none asks for a codec by its name. This package is above `media`, `rtp` and `sip`, and
below `engine`.

Nothing here imports libav or NumPy before an encoder or decoder is made, so settings can read the names.
"""
