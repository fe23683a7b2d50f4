"""Which series serve: channels of each station, axial T2, extras, and the reasons."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spinemets.errors import ConfigurationError
from spinemets.study.override import Override, SeriesOverride
from spinemets.study.records import Evidence, Plane, Weighting
from spinemets.study.selection import Channel, Role, SelectionSettings, select_series

_SETTINGS = SelectionSettings(0.5, True, 5, 2.0, 8.0)
_LUMBAR, _THORACIC = (-350.0, -70.0), (-130.0, 210.0)


def _decision(selection, key):
    return next(one for one in selection.decisions if one.series_key == key)


def test_channels_axial_and_extras(make_series, make_study):
    study = make_study(
        make_series("t2", Weighting.T2),
        make_series("t1", Weighting.T1),
        make_series("stir", Weighting.STIR),
        make_series("gd", Weighting.T1_GD),
        make_series("ax1", Weighting.T2, Plane.AXIAL, s_mm=(0.0, 40.0)),
        make_series("ax2", Weighting.T2, Plane.AXIAL, s_mm=(-90.0, 0.0)),
        make_series("ax-t1", Weighting.T1, Plane.AXIAL),
        make_series("cor", Weighting.T2, Plane.CORONAL),
        make_series("dwi", Weighting.DWI),
        make_series("ct", Weighting.CT, Plane.AXIAL),
        make_series("loc", Weighting.OTHER),
    )
    selection = select_series(study, _SETTINGS)
    (station,) = selection.stations
    assert {channel: one.key for channel, one in station.channels.items()} == {
        Channel.T1: "t1",
        Channel.T2: "t2",
        Channel.FLUID: "stir",
        Channel.T1_GD: "gd",
    }
    assert list(station.channels) == [Channel.T1, Channel.T2, Channel.FLUID, Channel.T1_GD]
    assert station.reference.key == "t2"
    assert [one.key for one in selection.axial_t2] == ["ax1", "ax2"]
    assert [one.key for one in selection.extras] == ["dwi", "ct"]
    assert _decision(selection, "cor").reason == "Coronal T2 is not read."
    assert _decision(selection, "ax1").station == ("station 1",)
    assert selection.usable
    assert selection.warnings == ()


@pytest.mark.parametrize(
    ("better", "worse", "because"),
    [
        ({}, {"s_mm": (-60.0, 140.0)}, "it covers 100% of the station, this 71%"),
        ({"in_plane_mm": 0.5}, {"in_plane_mm": 0.9}, "its pixels are 0.50 mm, these 0.90 mm"),
        ({"slice_mm": 3.3}, {"slice_mm": 5.0}, "its slices lie 3.3 mm apart, these 5.0 mm"),
        ({"slices": 17}, {"slices": 11}, "it has 17 slices, this 11"),
        (
            {"acquisition_type": "2D", "scanning_sequence": ("SE",)},
            {"acquisition_type": "3D", "scanning_sequence": ("SE",), "in_plane_mm": 0.4},
            "it is a 2D spin echo, this a 3D spin echo",
        ),
        ({}, {"description": "t2_haste_sag"}, "it is a 2D spin echo, this a gradient echo or single shot"),
        (
            {},
            {"evidence": Evidence.DESCRIPTION},
            "its weighting rests on parameters, this one's on the description",
        ),
        ({}, {"image_type": ("DERIVED", "PRIMARY", "COMPOSED")}, "it was acquired, this was composed"),
        ({"s_mm": (-140.0, 140.0), "in_plane_mm": 1.4}, {"s_mm": (-40.0, 140.0)}, "it covers 100%"),
    ],
)
def test_the_better_of_two(make_series, make_study, better, worse, because):
    for keys in (("a", "b"), ("b", "a")):
        made = {"a": make_series("a", **better), "b": make_series("b", **worse)}
        selection = select_series(make_study(*(made[key] for key in keys)), _SETTINGS)
        assert selection.stations[0].channels[Channel.T2].key == "a"
        assert because in _decision(selection, "b").reason
        assert _decision(selection, "b").role is Role.UNUSED
        assert because in _decision(selection, "a").reason


def test_a_repeat_replaces_what_it_repeats(make_series, make_study):
    selection = select_series(make_study(make_series("first"), make_series("second")), _SETTINGS)
    assert selection.stations[0].channels[Channel.T2].key == "second"
    assert "acquired later" in _decision(selection, "first").reason


def test_stir_before_fat_suppressed_t2(make_series, make_study):
    fine = make_series("fs", Weighting.T2_FS, in_plane_mm=0.4)
    selection = select_series(make_study(make_series("stir", Weighting.STIR), fine), _SETTINGS)
    assert selection.stations[0].channels[Channel.FLUID].key == "stir"
    alone = select_series(make_study(fine), _SETTINGS)
    assert alone.stations[0].channels[Channel.FLUID].key == "fs"


@pytest.mark.parametrize(
    ("bad", "because"),
    [
        ({"slices": 3}, "It has 3 slices, fewer than 5."),
        ({"in_plane_mm": 2.4}, "Its pixels of 2.40 mm exceed 2 mm."),
        ({"slice_mm": 11.0}, "Its slices lie 11.0 mm apart, more than 8 mm."),
    ],
)
def test_what_is_too_coarse_never_serves(make_series, make_study, bad, because):
    selection = select_series(make_study(make_series("a", **bad)), _SETTINGS)
    assert not selection.usable
    assert selection.decisions[0].reason == because
    assert "nothing to read" in selection.warnings[0]


def test_each_station_has_its_own_channels(make_series, make_study):
    study = make_study(
        make_series("l-t2", s_mm=_LUMBAR, description="LWS"),
        make_series("l-t1", Weighting.T1, s_mm=_LUMBAR),
        make_series("t-t2", s_mm=_THORACIC, description="BWS"),
        make_series("ax", Weighting.T2, Plane.AXIAL, s_mm=(-120.0, -90.0)),
    )
    selection = select_series(study, _SETTINGS)
    assert [one.station.name for one in selection.stations] == ["thoracic", "lumbar"]
    assert [set(one.channels) for one in selection.stations] == [{Channel.T2}, {Channel.T1, Channel.T2}]
    assert _decision(selection, "ax").station == ("thoracic", "lumbar")
    assert selection.warnings == ("Thoracic: no sagittal T1 and no STIR.", "Lumbar: no sagittal STIR.")


def test_composed_images_of_read_stations_are_left_out(make_series, make_study):
    whole = make_series("whole", s_mm=(-350.0, 210.0), description="T2 COMPOSED")
    stations = make_series("l", s_mm=_LUMBAR), make_series("t", s_mm=_THORACIC)
    selection = select_series(make_study(*stations, whole), _SETTINGS)
    assert [one.channels[Channel.T2].key for one in selection.stations] == ["t", "l"]
    assert "composed from stations" in _decision(selection, "whole").reason
    alone = select_series(make_study(whole), _SETTINGS)
    assert alone.stations[0].channels[Channel.T2].key == "whole"


def test_a_study_without_axial_t2_is_not_gradable(make_series, make_study):
    selection = select_series(make_study(make_series("t2")), _SETTINGS)
    assert selection.warnings[-1] == "No axial T2: epidural compression is not gradable."


def _override(tmp_path, **entry):
    return Override(tmp_path / "series.yaml", (SeriesOverride(**entry),))


def test_the_override_wins(make_series, make_study, tmp_path):
    study = make_study(make_series("fine", in_plane_mm=0.5), make_series("coarse", in_plane_mm=1.2))
    asked = select_series(study, _SETTINGS, _override(tmp_path, key="coarse", use="channel"))
    assert asked.stations[0].channels[Channel.T2].key == "coarse"
    assert _decision(asked, "fine").reason == "coarse is preferred: the override file asks for it."
    excluded = select_series(study, _SETTINGS, _override(tmp_path, key="fine", use="exclude"))
    assert excluded.stations[0].channels[Channel.T2].key == "coarse"
    assert _decision(excluded, "fine").reason == "The override file says so."
    renamed = select_series(study, _SETTINGS, _override(tmp_path, key="coarse", weighting="T1"))
    assert renamed.stations[0].channels[Channel.T1].key == "coarse"
    axial = select_series(study, _SETTINGS, _override(tmp_path, key="coarse", use="axial"))
    assert [one.key for one in axial.axial_t2] == ["coarse"]


def test_the_override_may_ask_for_what_is_too_coarse(make_series, make_study, tmp_path):
    study = make_study(make_series("a", slices=3))
    selection = select_series(study, _SETTINGS, _override(tmp_path, key="a", use="channel"))
    assert selection.stations[0].channels[Channel.T2].key == "a"


def test_the_override_cannot_make_a_channel_of_another_contrast(make_series, make_study, tmp_path):
    study = make_study(make_series("a", Weighting.OTHER))
    selection = select_series(study, _SETTINGS, _override(tmp_path, key="a", use="channel"))
    assert "name its weighting" in selection.decisions[0].reason


@pytest.mark.parametrize(
    "values", [(0.0, True, 5, 2.0, 8.0), (1.1, True, 5, 2.0, 8.0), (0.5, True, 0, 2.0, 8.0)]
)
def test_settings_out_of_range(values):
    with pytest.raises(ConfigurationError, match="allowed"):
        SelectionSettings(*values)


_series_facts = st.tuples(
    st.sampled_from(list(Weighting)),
    st.sampled_from([Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL]),
    st.sampled_from([_LUMBAR, _THORACIC, (150.0, 400.0)]),
    st.integers(1, 20),
)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(facts=st.lists(_series_facts, max_size=10))
def test_every_series_gets_one_decision_and_each_channel_one_series(make_series, make_study, facts):
    study = make_study(
        *(
            make_series(f"s{index}", weighting, plane, s_mm=reach, slices=slices)
            for index, (weighting, plane, reach, slices) in enumerate(facts)
        )
    )
    selection = select_series(study, _SETTINGS)
    assert [one.series_key for one in selection.decisions] == [one.key for one in study.series]
    serving = [one.key for station in selection.stations for one in station.channels.values()]
    assert len(serving) == len(set(serving))
    assert sorted(serving) == sorted(
        one.series_key for one in selection.decisions if one.role is Role.CHANNEL
    )
    assert all(one.reason.endswith(".") for one in selection.decisions)
    axial = {
        one.key
        for one in study.series
        if one.plane is Plane.AXIAL and one.weighting.weighting is Weighting.T2
    }
    assert axial == {one.key for one in selection.axial_t2}
