"""Weighting of realistic headers, of conflicting ones, and of silent ones."""

import csv
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinemets.study.records import AcquisitionParameters, Evidence, Weighting
from spinemets.study.sequence import contrast_agent
from spinemets.study.weighting import judge_weighting

# Header values as the vendors' spine protocols write them; multi-valued elements are parted by a backslash.
_TABLE = Path(__file__).with_name("headers.csv")
_KINDS = {field.name: str(field.type) for field in fields(AcquisitionParameters)}


def _value(name: str, text: str):
    if _KINDS[name].startswith("tuple"):
        return tuple(filter(None, text.split("\\")))
    if _KINDS[name].startswith("float"):
        return float(text) if text else None
    if _KINDS[name].startswith("int"):
        return int(text) if text else None
    return text


def _rows() -> list:
    return list(_read_rows())


def _read_rows():
    with _TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            expected, evidence = Weighting(row.pop("expected")), Evidence(row.pop("evidence"))
            parameters = AcquisitionParameters(**{name: _value(name, text) for name, text in row.items()})
            vendor = parameters.manufacturer.split(" ")[0] or "no vendor"
            yield pytest.param(parameters, expected, evidence, id=f"{vendor}-{parameters.series_description}")


def _spin_echo(**changes) -> AcquisitionParameters:
    usual = {
        "modality": "MR",
        "scanning_sequence": ("SE",),
        "repetition_time_ms": 600.0,
        "echo_time_ms": 10.0,
        "flip_angle_deg": 90.0,
    }
    return AcquisitionParameters(**{**usual, **changes})


@pytest.mark.parametrize(("parameters", "weighting", "evidence"), _rows())
def test_header_table(parameters, weighting, evidence):
    judgement = judge_weighting(parameters)
    assert (judgement.weighting, judgement.evidence) == (weighting, evidence), judgement.reason


def test_header_table_covers_the_vendors_and_weightings():
    rows = [row.values for row in _rows()]
    assert len(rows) >= 80
    assert {weighting for _, weighting, _ in rows} == set(Weighting)
    makers = {parameters.manufacturer.split(" ")[0] for parameters, _, _ in rows}
    assert {"SIEMENS", "GE", "Philips", "Canon", "TOSHIBA_MEC", "Hitachi,", "UIH"} <= makers


@pytest.mark.parametrize(("parameters", "weighting", "evidence"), _rows())
def test_reason_is_a_sentence(parameters, weighting, evidence):
    reason = judge_weighting(parameters).reason
    assert reason[0].isupper()
    assert reason.endswith(".")
    assert ".." not in reason


def test_parameters_beat_the_description_and_the_reason_says_so():
    plain = judge_weighting(_spin_echo(series_description="SAG T2"))
    assert (plain.weighting, plain.evidence) == (Weighting.T1, Evidence.PARAMETERS)
    assert 'the description says "t2"; the parameters count' in plain.reason


def test_enhanced_objects_name_the_readout_otherwise():
    assert judge_weighting(_spin_echo(scanning_sequence=("SPIN",))).weighting is Weighting.T1
    fast = _spin_echo(scanning_sequence=("GRADIENT",), echo_time_ms=20.0, flip_angle_deg=25.0)
    assert judge_weighting(fast).weighting is Weighting.OTHER


def test_agreeing_description_is_no_conflict():
    assert "parameters count" not in judge_weighting(_spin_echo(series_description="SAG T1")).reason


@pytest.mark.parametrize(
    "agent", ["", " ", "NONE", "none", "No", "0", "0.0 ml", "0 cc", "N/A", "without contrast"]
)
def test_agents_that_stand_for_none(agent):
    assert contrast_agent(agent) == ""
    assert judge_weighting(_spin_echo(contrast_agent=agent)).weighting is Weighting.T1


@pytest.mark.parametrize("agent", ["Gadovist", "DOTAREM 15 ml", "YES", "10 ml Gd-DTPA", "PROHANCE^0.5M"])
def test_agents(agent):
    assert judge_weighting(_spin_echo(contrast_agent=agent)).weighting is Weighting.T1_GD


def test_t2_after_contrast_stays_t2():
    parameters = _spin_echo(repetition_time_ms=3000.0, echo_time_ms=100.0, contrast_agent="Gadovist")
    assert judge_weighting(parameters).weighting is Weighting.T2


def test_stir_after_contrast_is_noted():
    parameters = _spin_echo(
        scanning_sequence=("SE", "IR"),
        repetition_time_ms=4000.0,
        echo_time_ms=40.0,
        inversion_time_ms=160.0,
        contrast_agent="Gadovist",
    )
    judgement = judge_weighting(parameters)
    assert judgement.weighting is Weighting.STIR
    assert "contrast agent" in judgement.reason


def test_inversion_recovery_without_a_time_needs_the_description():
    silent = _spin_echo(scanning_sequence=("IR",), repetition_time_ms=4000.0, echo_time_ms=40.0)
    assert judge_weighting(silent).weighting is Weighting.OTHER
    named = _spin_echo(
        scanning_sequence=("IR",), repetition_time_ms=4000.0, echo_time_ms=40.0, series_description="Sag STIR"
    )
    judgement = judge_weighting(named)
    assert (judgement.weighting, judgement.evidence) == (Weighting.STIR, Evidence.DESCRIPTION)


def test_between_the_weightings_the_description_settles():
    between = {"repetition_time_ms": 1500.0, "echo_time_ms": 14.0}
    assert judge_weighting(_spin_echo(**between)).weighting is Weighting.OTHER
    assert judge_weighting(_spin_echo(**between, series_description="t1 sag")).weighting is Weighting.T1


def test_times_without_a_named_readout():
    spin = AcquisitionParameters(repetition_time_ms=3500.0, echo_time_ms=100.0)
    assert judge_weighting(spin).weighting is Weighting.T2
    fast = AcquisitionParameters(repetition_time_ms=6.7, echo_time_ms=2.46, flip_angle_deg=4.0)
    assert judge_weighting(fast).weighting is Weighting.OTHER


@pytest.mark.parametrize(
    ("name", "weighting"),
    [
        ("AKa3_T1w.nii.gz", Weighting.T1),
        ("AKa4_STIR.nii.gz", Weighting.STIR),
        ("spider-110_T2w.nii.gz", Weighting.T2),
        ("sct_acq-ax_T2starw.nii.gz", Weighting.OTHER),
        ("VB3-01_waterfat.nii.gz", Weighting.OTHER),
        ("sub-ct_label-22_ct.nii.gz", Weighting.CT),
        ("sub-01_ce-gadolinium_T1w.nii.gz", Weighting.T1_GD),
        ("sub-01_acq-sagfs_T2w.nii.gz", Weighting.T2),
    ],
)
def test_file_name_counts_last(name, weighting):
    judgement = judge_weighting(AcquisitionParameters(), name)
    assert (judgement.weighting, judgement.evidence) == (weighting, Evidence.FILE_NAME)
    described = judge_weighting(AcquisitionParameters(series_description="ADC"), name)
    assert described.weighting is Weighting.ADC


_times = st.floats(0.0, 12000.0) | st.none()
_words = st.text(max_size=40)


@given(
    st.builds(
        AcquisitionParameters,
        modality=st.sampled_from(["MR", "", "CT", "PT"]),
        series_description=_words,
        sequence_name=_words,
        image_type=st.lists(_words, max_size=5).map(tuple),
        scanning_sequence=st.lists(st.sampled_from(["SE", "GR", "IR", "EP", "RM"]), max_size=3).map(tuple),
        scan_options=st.lists(st.sampled_from(["FS", "IR", "PFP", ""]), max_size=3).map(tuple),
        repetition_time_ms=_times,
        echo_time_ms=_times,
        inversion_time_ms=_times,
        contrast_agent=_words,
    )
)
def test_every_header_gets_a_judgement_with_a_reason(parameters):
    judgement = judge_weighting(parameters)
    assert isinstance(judgement.weighting, Weighting)
    assert judgement.reason
    assert judge_weighting(parameters) == judgement
    if judgement.weighting in (Weighting.T1_GD, Weighting.T1):
        assert parameters.modality in {"MR", ""}
