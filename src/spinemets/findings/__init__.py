"""Measurements with units from masks and images: vertebrae, lesions, alignment, bone, epidural extent."""
