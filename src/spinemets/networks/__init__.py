"""Networks: the sagittal segmenter and the ESCC grader, their inputs, and their weights on disk."""
