"""Small prepared cases for tests of training, without any image file."""

import numpy as np

from spinemets.networks.sagittal_input import SagittalInput
from spinemets.training.case_store import open_case
from spinemets.training.case_store import save_case as save
from spinemets.training.sagittal_source import AnnotatedInput

SHAPE = (4, 24, 20)


def annotated(seed=0, presence=(1, 1, 0, 0), lesion=True):
    """A block of bone with a bright lesion in it, beside a sac."""
    rng = np.random.default_rng(seed)
    present = np.asarray(presence, np.float32)
    targets = np.zeros((3, *SHAPE), np.uint8)
    targets[0] = 1
    targets[0, :, 6:18, 4:10] = 1 << 1
    targets[0, :, :, 12:15] = 1 << 5
    targets[2, :, 6:18, 4:10] = 42
    row = int(rng.integers(7, 13))
    if lesion:
        targets[1, 1:3, row : row + 4, 5:9] = 1
    image = rng.normal(0, 0.3, size=(4, *SHAPE)).astype(np.float32)
    image += 1.5 * (targets[0] == 2) - 1.0 * (targets[0] == 32) + 3.0 * (targets[1] == 1)
    image[present == 0] = 0
    affine = np.diag([-4.0, -1.0, -1.0, 1.0])
    return AnnotatedInput(SagittalInput(image, present, affine), targets)


def prepared(folder, seed=0, **changes):
    """The same as a case of a store."""
    path = folder / f"case-{seed}"
    path.mkdir(parents=True)
    save(path, f"case-{seed}", annotated(seed, **changes))
    return open_case(path, f"case-{seed}")
