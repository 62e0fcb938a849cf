"""Video: capture, composition, encoding and decoding of frames in I420."""
