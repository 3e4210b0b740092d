"""What a source says: one module (or package) a source. Sources read and check; they know nothing of Dagster."""
