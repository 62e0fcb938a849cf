"""Room: its subsystems. They know no HTTP and no JSON; ports stand beside what needs them."""
