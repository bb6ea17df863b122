"""Which endpoint answers where. Each is built here and handed what it needs, and nothing else."""
