"""What `benchmarks.recommend` measures, by set of data."""
