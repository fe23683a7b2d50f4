"""Anchors and body parts are read as users and scanners write them."""

import pytest

from spinemets.anatomy import Level, Region
from spinemets.errors import ConfigurationError
from spinemets.findings.level_evidence import Anchor, parse_anchor, regions_of

C, T, L = Region.CERVICAL, Region.THORACIC, Region.LUMBAR


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("L5:sacrum", Anchor(Level.L5, "sacrum")),
        (" l05 : Sacrum ", Anchor(Level.L5, "sacrum")),
        ("T12:3", Anchor(Level.T12, 3)),
        ("D12:03", Anchor(Level.T12, 3)),
        ("C2:top", Anchor(Level.C2, "top")),
        ("L6:sacrum", Anchor(Level.L6, "sacrum")),
    ],
)
def test_reads_anchors(text, anchor):
    assert parse_anchor(text) == anchor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "L5",
        "L9:sacrum",
        "S1:sacrum",
        "T12:sacrum",
        "occiput:top",
        "L5:",
        "T12:0",
        "T12:x",
        "T12:-1",
        "T12:99",
        ":3",
    ],
)
def test_refuses_other_text(text):
    with pytest.raises(ConfigurationError, match="anchor"):
        parse_anchor(text)


@pytest.mark.parametrize(
    ("body_part", "regions"),
    [
        ("LSPINE", {L}),
        ("L-SPINE", {L}),
        ("Lumbar Spine", {L}),
        ("LSSPINE", {L}),
        ("TSPINE", {T}),
        ("THORACIC SPINE", {T}),
        ("DORSALSPINE", {T}),
        ("CSPINE", {C}),
        ("CERVICAL SPINE", {C}),
        ("TLSPINE", {T, L}),
        ("CTSPINE", {C, T}),
        ("WHOLESPINE", {C, T, L}),
        ("SPINE", set()),
        ("HEAD", set()),
        ("", set()),
    ],
)
def test_reads_body_parts(body_part, regions):
    assert regions_of(body_part) == regions
