"""Source text to sites: reading, finding, wrappers and argv."""
