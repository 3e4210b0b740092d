"""Checks of raw data by Great Expectations, and reconciliation of counts and money from file to mart."""
