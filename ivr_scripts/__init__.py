"""What callers hear. Imports nothing of ours but routing."""
