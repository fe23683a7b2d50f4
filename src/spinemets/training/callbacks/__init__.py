"""What watches a training: numbers that are none, memory, progress, curves, pictures."""
