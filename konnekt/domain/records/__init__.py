"""The agency's records: what its staff adds, changes and ends. Each verb leaves what it changed."""
