"""The templates of pages."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates() -> Environment:
    """Those of the package; text is escaped, and a name that a page does not give is an error."""
    return Environment(
        loader=PackageLoader("spinemets.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
