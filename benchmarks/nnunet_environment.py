"""An environment of its own with nnU-Net v2 and this project in it, made from pip's configured index."""

import subprocess
import venv
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def nnunet_python(folder: Path) -> Path:
    """The environment's Python; the environment is made where it is missing (2 GB, minutes)."""
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "-q", "--disable-pip-version-check"]
        constraints = ["-c", str(_ROOT / "constraints.txt")]
        # torch first and alone: asked for later, and without a version, it would come with CUDA.
        torch = next(
            line
            for line in (_ROOT / "constraints.txt").read_text().splitlines()
            if line.startswith("torch==")
        )
        subprocess.run([*pip, "install", torch], check=True)
        subprocess.run([*pip, "install", "nnunetv2", "-e", str(_ROOT), *constraints], check=True)
        # Comes with nnU-Net's dependencies, built for CUDA; beside a CPU build of torch its import fails,
        # and torchmetrics imports it where it finds it. nnU-Net's training does not.
        subprocess.run([*pip, "uninstall", "-y", "torchvision"], check=True)
        (folder / "ready").touch()
    return python
