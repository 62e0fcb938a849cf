"""RTP and RTCP (RFC 3550, 3551), telephone events (RFC 4733), jitter buffering and statistics.

Knows nothing of rooms, SIP or codecs: a payload is bytes here.
"""
