"""The digital spine phantom: annotated spine MRI studies made from first principles, never real."""
