"""THE MEETING POINT of contract and room: one file for each area, where the wire's words become the room's."""
