"""The room's calendar: meetings as they were last read, and the calls that they lead to."""
