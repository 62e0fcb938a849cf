"""What the room hears and how loud it plays."""
