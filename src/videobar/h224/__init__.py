"""Far-end camera control: H.281 in H.224, as RTP carries them (ITU-T H.323 annex Q, RFC 4573).

Knows nothing of SIP or rooms. `frame` is the data link, `management` how two sides tell what they can do, `camera` the
camera's commands, and `session` both of them as one conversation.
"""
