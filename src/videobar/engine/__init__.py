"""The media process: SIP, RTP and sound in a child of the room's process, so that the audio clock never waits
for JSON. `host` is the child's side, `link` the parent's, `endpoint` what runs inside."""
