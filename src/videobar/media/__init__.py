"""Sound: codecs, resampling, mixing, levels, sources and sinks, and the clock that drives them.

Samples are float32, mono, full scale 1.0, unless said otherwise. Knows nothing of RTP or SIP.
"""
