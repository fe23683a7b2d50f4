"""Archives, studies and series: what was acquired, where it lies, what it shows, which of it serves."""
