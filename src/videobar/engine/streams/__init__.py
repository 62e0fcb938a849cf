"""Media lines of one call: audio, video, content, floor, far camera."""
