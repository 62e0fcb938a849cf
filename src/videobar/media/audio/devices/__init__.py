"""Sound devices: PortAudio in a process of its own, and the buffers between its clock and the room's."""
