"""Thin Dagster definitions, a file per step of the picture in the README."""
