"""From a pipeline file to validated stages; every problem in the file at once, each at its place."""
