"""Media: sound and video as samples and frames, from capture to playout. Knows nothing of RTP or SIP.

`audio` and `video` hold the processing of each with their codecs, `drawn` the drawn meeting room.
"""
