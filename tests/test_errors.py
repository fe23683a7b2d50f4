"""Errors say where, what and what to do, and survive the way between processes."""

import pickle
from pathlib import Path

import pytest

from spinemets.errors import GeometryError, InputError, SpineMetsError


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "is empty"),
        ({"file": "a.dcm"}, "a.dcm: is empty"),
        ({"field": "row 3"}, "row 3: is empty"),
        ({"file": "a.csv", "field": "row 3"}, "a.csv: row 3: is empty"),
        ({"file": "a.csv", "remedy": "fill it"}, "a.csv: is empty; fill it"),
    ],
)
def test_message_names_what_is_known(parts, message):
    assert str(InputError("is empty", **parts)) == message


def test_pickling_keeps_every_part():
    error = GeometryError("has a gap", file="x.dcm", field="ImagePositionPatient", remedy="send it again")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is GeometryError
    assert (copy.problem, copy.file, copy.field, copy.remedy) == (
        "has a gap",
        Path("x.dcm"),
        "ImagePositionPatient",
        "send it again",
    )
    assert str(copy) == str(error)


def test_every_input_error_is_a_spinemets_error():
    assert issubclass(GeometryError, SpineMetsError)
