"""SpineMets: metastatic disease of the spine on MRI. Research software, not a medical device."""

__version__ = "0.1.0"
