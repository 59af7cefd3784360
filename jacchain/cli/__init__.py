"""The command line: options are parsed here, and nothing else."""
