"""One module for each endpoint: the only place where the rooms meet."""
