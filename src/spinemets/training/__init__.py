"""From annotated studies to weights: manifests, samples, losses, loops and what is learnt of them."""
