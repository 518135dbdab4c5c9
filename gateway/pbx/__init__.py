"""Our own Asterisk: its configuration, and starting and stopping it."""
