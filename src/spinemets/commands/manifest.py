"""``spinemets manifest``: a data set as a manifest with folds, or the check of a manifest."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinemets.commands.hydra_entry import run

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from spinemets.training.manifest import Manifest, ManifestStudy
    from spinemets.training.manifest_sources.records import SourceContent, SourceSettings

_CHECK = "--check"
# Names below these are the user's own, which Hydra takes only with its sign for new keys.
_OPEN_GROUPS = ("labels.", "label_sets.")


def main(argv: Sequence[str]) -> int:
    """Run the command; 0 done, 1 some studies left out or faulty, 2 unusable input or a failed check."""
    return run("manifest", _as_overrides(argv), _make_or_check)


def _as_overrides(argv: Sequence[str]) -> list[str]:
    """``--check FILE`` and ``labels.NAME=...`` as Hydra has them."""
    overrides: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name == _CHECK:
            file = value if equals else next(arguments, "")
            escaped = file.replace("\\", "\\\\").replace("'", "\\'")
            overrides.append(f"check='{escaped}'")
        else:
            overrides.append(f"++{argument}" if argument.startswith(_OPEN_GROUPS) else argument)
    return overrides


def _make_or_check(config: "DictConfig") -> int:
    from spinemets.errors import ConfigurationError

    if config.check is not None:
        given = [name for name in ("input", "layout", "output") if config[name] is not None]
        if given:
            raise ConfigurationError(
                "is given beside check", field=given[0], remedy="check a manifest, or make one"
            )
        return _check(_path(config, "check"))
    return _make(config)


def _check(path: Path) -> int:
    from spinemets.training.manifest import read_manifest

    manifest = read_manifest(path)
    faults = _show_findings(manifest, thorough=True)
    print(f"{path}: {_count(len(manifest.studies), 'study', 'studies')}, {_count(faults, 'fault', 'faults')}")
    return 2 if faults else 0


def _make(config: "DictConfig") -> int:
    from spinemets.errors import ConfigurationError
    from spinemets.training.manifest import write_manifest
    from spinemets.training.manifest_build import build_manifest
    from spinemets.training.manifest_sources.layouts import read_layout

    folder, output = _path(config, "input"), _path(config, "output")
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder", field="input", remedy="check the path")
    settings = _settings(config)
    content = read_layout(str(config.layout), folder, settings)
    manifest = build_manifest(
        output, content, settings, _whole_number(config, "folds"), _whole_number(config, "seed")
    )
    write_manifest(output, manifest)
    return _report(manifest, content)


def _report(manifest: "Manifest", content: "SourceContent") -> int:
    for problem in content.problems:
        print(f"left out: {problem.message}")
    faults = _show_findings(manifest, thorough=False)
    studies = Counter(study.fold for study in manifest.studies)
    patients = Counter({study.patient: study.fold for study in manifest.studies}.values())
    for fold in sorted(studies):
        in_fold = _count(studies[fold], "study", "studies"), _count(patients[fold], "patient", "patients")
        print(f"fold {fold}: {' of '.join(in_fold)}")
    if unread := sum(not _shows_a_channel(study) for study in manifest.studies):
        lacking = "without sagittal T1, T2, STIR, T2-FS or T1+Gd: the segmenter cannot use them"
        print(f"{_count(unread, 'study', 'studies')} {lacking}")
    print(f"manifest: {manifest.path}")
    return 1 if faults or content.problems else 0


def _shows_a_channel(study: "ManifestStudy") -> bool:
    from spinemets.study.records import Plane
    from spinemets.study.selection import CHANNEL_OF_WEIGHTING

    return any(one.plane is Plane.SAGITTAL and one.weighting in CHANNEL_OF_WEIGHTING for one in study.series)


def _show_findings(manifest: "Manifest", *, thorough: bool) -> int:
    from spinemets.training.manifest_check import check_manifest

    findings = check_manifest(manifest, thorough=thorough)
    for finding in findings:
        print(finding)
    return len(findings)


def _settings(config: "DictConfig") -> "SourceSettings":
    from omegaconf import OmegaConf

    from spinemets.training.manifest_sources.records import SourceSettings
    from spinemets.training.manifest_sources.user_words import label_sets_of, meanings_of

    labels: Any = OmegaConf.to_container(config.labels)
    label_sets: Any = OmegaConf.to_container(config.label_sets)
    return SourceSettings(
        site=None if config.site is None else str(config.site),
        patient_pattern=None if config.patient_pattern is None else str(config.patient_pattern),
        labels=meanings_of(labels),
        label_sets=label_sets_of(label_sets),
        uncertain_numbering=frozenset(map(str, config.uncertain_numbering)),
    )


def _path(config: "DictConfig", field: str) -> Path:
    from spinemets.errors import ConfigurationError

    value = config[field]
    if value is None or not str(value).strip():
        raise ConfigurationError("is not given", field=field, remedy=f"add {field}=...")
    return Path(str(value)).absolute()


def _whole_number(config: "DictConfig", field: str) -> int:
    from spinemets.errors import ConfigurationError

    value = config[field]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigurationError(f"is {value!r}", field=field, remedy="give a whole number from 0")
    return value


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
