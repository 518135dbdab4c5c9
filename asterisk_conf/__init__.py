"""The PBX's configuration as templates, and how to get an Asterisk; no code."""
