"""Where the configuration files lie: inside an installed package, or in the source tree."""

from pathlib import Path


def config_directory() -> Path:
    """The folder of Hydra configs: ``spinemets/configs`` of a wheel, ``configs`` of a checkout.

    Raises:
        FileNotFoundError: If the installation is broken and neither exists.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "configs", package.parent.parent / "configs"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no configs folder beside {package}; reinstall spinemets")
