"""The shipped settings make a reader."""

from hydra.utils import instantiate
from omegaconf import OmegaConf

from spinemets.configuration import config_directory
from spinemets.study.archive import ArchiveSettings
from spinemets.study.pseudonym import OriginalIdentifiers, PseudonymKey


def _config():
    return OmegaConf.load(config_directory() / "study" / "archive.yaml").archive


def test_every_shipped_value_is_taken(tmp_path):
    config = _config()
    config.identifiers.key_file = str(tmp_path / "pseudonym.key")
    made = instantiate(config)
    assert isinstance(made, ArchiveSettings)
    assert isinstance(made.identifiers, PseudonymKey)
    assert (tmp_path / "pseudonym.key").is_file()
    for name in ("largest_image_voxels", "most_stacks_per_series", "workers"):
        assert getattr(made, name) == config[name]


def test_identifiers_are_kept_by_one_word():
    config = _config()
    config.identifiers.mode = "keep"
    assert instantiate(config).identifiers == OriginalIdentifiers()
