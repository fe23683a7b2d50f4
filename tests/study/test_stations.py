"""Stations: which sagittal series show the same stretch of the spine."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinemets.study.records import Plane, Weighting
from spinemets.study.stations import find_stations, overlap_mm, range_s_mm, region_named

_CERVICAL, _THORACIC, _LUMBAR = (150.0, 400.0), (-130.0, 210.0), (-350.0, -70.0)


def test_range_includes_the_voxels_edges(make_series):
    series = make_series("a", s_mm=(-70.0, 70.0), in_plane_mm=0.7)
    assert range_s_mm(series) == pytest.approx((-70.0, 70.0))
    axial = make_series("b", plane=Plane.AXIAL, s_mm=(-40.0, 40.0), slice_mm=4.0)
    assert range_s_mm(axial) == pytest.approx((-40.0, 40.0))


def test_overlap():
    assert overlap_mm((0.0, 10.0), (4.0, 20.0)) == 6.0
    assert overlap_mm((0.0, 10.0), (11.0, 20.0)) == 0.0


def test_three_stations_from_head_to_feet(make_series):
    series = [
        make_series("l1", Weighting.T1, s_mm=_LUMBAR),
        make_series("c2", Weighting.T2, s_mm=_CERVICAL),
        make_series("l2", Weighting.T2, s_mm=(-345.0, -60.0)),
        make_series("t2", Weighting.T2, s_mm=_THORACIC),
        make_series("c1", Weighting.T1, s_mm=(145.0, 395.0)),
    ]
    stations = find_stations(series, 0.5, True)
    assert [set(one.series_keys) for one in stations] == [{"c2", "c1"}, {"t2"}, {"l1", "l2"}]
    assert [one.name for one in stations] == ["station 1", "station 2", "station 3"]
    assert stations[2].range_s_mm == pytest.approx((-350.0, -60.0), abs=0.5)


def test_whole_spine_is_a_station_of_its_own(make_series):
    series = [make_series("lumbar", s_mm=_LUMBAR), make_series("whole", s_mm=(-350.0, 400.0))]
    assert len(find_stations(series, 0.5, True)) == 2


def test_frames_of_reference_part_stations(make_series):
    series = [make_series("a", frame="1"), make_series("b", frame="2")]
    assert len(find_stations(series, 0.5, True)) == 2
    assert len(find_stations(series, 0.5, False)) == 1


def test_regions_name_stations(make_series):
    series = [
        make_series("a", s_mm=_CERVICAL, description="T2 HWS sag"),
        make_series("b", s_mm=_LUMBAR, description="t2_sag", body_part="LSPINE"),
    ]
    assert [one.name for one in find_stations(series, 0.5, True)] == ["cervical", "lumbar"]


def test_a_region_claimed_twice_names_none(make_series):
    series = [
        make_series("a", s_mm=_CERVICAL, body_part="LSPINE"),
        make_series("b", s_mm=_LUMBAR, body_part="LSPINE"),
    ]
    assert [one.name for one in find_stations(series, 0.5, True)] == ["station 1", "station 2"]


def test_no_series_no_stations():
    assert find_stations([], 0.5, True) == ()


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("C-SPINE", "cervical"),
        ("CSPINE", "cervical"),
        ("t2_sag_LWS", "lumbar"),
        ("RACHIS LOMBAIRE", "lumbar"),
        ("Columna dorsal", "thoracic"),
        ("columna dorsolumbar", "thoracolumbar"),
        ("BWS", "thoracic"),
        ("T1 TSE SAG HWS BWS", "cervicothoracic"),
        ("T2 SAG C-T SPINE", "cervicothoracic"),
        ("T2 SAG T-L SPINE", "thoracolumbar"),
        ("RACHIS DORSO LOMB", "thoracolumbar"),
        ("COL CERVICAL", "cervical"),
        ("COL TOTAL", "whole spine"),
        ("L-S SPINE", "lumbosacral"),
        ("GANZE WS", "whole spine"),
        ("腰椎MRI", "lumbar"),
        ("whole spine T2", "whole spine"),
        ("T2 sag", ""),
    ],
)
def test_region_words(text, region):
    assert region_named(text) == region


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(order=st.permutations(range(6)))
def test_order_of_input_never_matters(make_series, order):
    reaches = [_CERVICAL, _CERVICAL, _THORACIC, (-120.0, 200.0), _LUMBAR, (-340.0, -60.0)]
    series = [make_series(f"s{index}", s_mm=reach) for index, reach in enumerate(reaches)]
    found = find_stations([series[index] for index in order], 0.5, True)
    assert [set(one.series_keys) for one in found] == [{"s0", "s1"}, {"s2", "s3"}, {"s4", "s5"}]
