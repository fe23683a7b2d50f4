"""One reader for each layout of data sets that a manifest can be made from."""
