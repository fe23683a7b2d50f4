"""One study to one result, and archives of studies."""
