"""One module for each figure of the README. `python -m bench` runs them all and writes `build/bench/<name>.json`."""
