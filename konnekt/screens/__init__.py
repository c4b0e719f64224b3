"""What Flask shows: pages and fragments, what guards them, menu, formats, texts of sheets and changes."""
