"""Audio: capture, processing, mixing and playout. Samples are float32, mono, full scale 1.0, unless said otherwise."""
