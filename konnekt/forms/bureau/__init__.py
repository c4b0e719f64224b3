"""What the agency's staff types."""
