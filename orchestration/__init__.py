"""Everything that moves data: sources, the door of the lake, the warehouse, publication, and the Dagster definitions."""
