"""The konnekt command, what it prints, and what serves."""
