"""Cells of CSV files that no spreadsheet takes for a formula."""

# A cell that starts so is run as a formula by spreadsheets (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """Text for a CSV cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if not text.lstrip(" ").startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
