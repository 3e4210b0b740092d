"""Data-driven attribution: what needs more than SQL."""
