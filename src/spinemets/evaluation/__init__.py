"""Predictions against a reference: detection, masks, levels, grades and scores, each with an interval."""
