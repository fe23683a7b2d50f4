"""Many studies: workers, limits, a ledger of what is done, and outputs that survive a kill at any moment."""
