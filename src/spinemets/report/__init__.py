"""A result as files: JSON with a schema, NIfTI masks, DICOM SEG and SR, a report to read."""
