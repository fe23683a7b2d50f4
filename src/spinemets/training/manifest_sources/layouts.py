"""The layouts by name, with the settings that each heeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spinemets.errors import ConfigurationError
from spinemets.training.manifest_sources.bids import read_bids
from spinemets.training.manifest_sources.nnunet import read_nnunet
from spinemets.training.manifest_sources.phantom import read_phantom
from spinemets.training.manifest_sources.records import SourceContent, SourceSettings
from spinemets.training.manifest_sources.spider import read_spider


@dataclass(frozen=True, slots=True)
class Layout:
    """The reader of a layout, and which of the settings that not all layouts heed it heeds."""

    read: Callable[[Path, SourceSettings], SourceContent]
    heeds: frozenset[str]


LAYOUTS: Mapping[str, Layout] = {
    "phantom": Layout(read_phantom, frozenset()),
    "nnunet": Layout(read_nnunet, frozenset({"labels", "patient_pattern"})),
    "bids": Layout(read_bids, frozenset({"labels", "patient_pattern"})),
    "spider": Layout(read_spider, frozenset({"uncertain_numbering"})),
}
_NOT_FOR_ALL = ("labels", "patient_pattern", "uncertain_numbering")


def read_layout(name: str, folder: Path, settings: SourceSettings) -> SourceContent:
    """The data set in a folder.

    Raises:
        ConfigurationError: If there is no such layout, or a setting is given that it does not heed.
        InputError: If the folder does not hold what the layout says.
    """
    if name not in LAYOUTS:
        raise ConfigurationError(f"is {name!r}", field="layout", remedy=f"allowed: {', '.join(LAYOUTS)}")
    layout = LAYOUTS[name]
    for setting in _NOT_FOR_ALL:
        if getattr(settings, setting) and setting not in layout.heeds:
            heeding = ", ".join(other for other, one in LAYOUTS.items() if setting in one.heeds)
            raise ConfigurationError(
                f"says nothing of the layout {name}", field=setting, remedy=f"it is for {heeding}"
            )
    return layout.read(folder, settings)
