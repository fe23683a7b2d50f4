"""One module for each command; each imports its layer only when it is called."""
