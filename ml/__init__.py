"""Statistics of the product: frames in, frames out. Knows neither Dagster, dbt nor any vendor."""
