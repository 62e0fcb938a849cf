"""A drawn meeting room: what a camera sees where there is none. Needs OpenCV, which only the media process imports."""
