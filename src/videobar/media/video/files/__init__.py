"""Image and video files: what libav opens, and the formats of which it shows only parts."""
