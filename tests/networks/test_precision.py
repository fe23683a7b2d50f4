import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import probe_networks
from spinemets.networks import precision
from spinemets.networks.precision import Processor, bf16_verdict, choose_precision, this_processor
from spinemets.networks.precision_comparison import complaint
from spinemets.networks.precision_layers import layer_complaint, recorded_inputs
from spinemets.networks.precision_probe import Step
from spinemets.networks.precision_store import kept_verdict, user_cache_folder
from spinemets.networks.precision_trial import Limits, Verdict

SHAPE = (1, 2, 4, 8, 8)
# Any gain will do: a test is not the place to time.
LIMITS = Limits(seconds=60.0, start_up_seconds=60.0, hang_seconds=30.0, gain=0.0)
WITH_BF16 = Processor("a processor", frozenset({"avx512_bf16"}))
FACTORY = "probe_networks:build"


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """Tries the network of a fault in a real process."""
    monkeypatch.setenv("PYTHONPATH", str(Path(probe_networks.__file__).parent))

    def verdict(fault, limits=LIMITS):
        return bf16_verdict(FACTORY, {"fault": fault}, SHAPE, True, limits, threads=1, cache_folder=tmp_path)

    return verdict


def test_a_sound_network_passes_and_is_not_tried_twice(probe, monkeypatch):
    first = probe(None)
    assert first.passed, first.reason
    assert first.fp32_s > 0
    assert first.bf16_s > 0
    monkeypatch.setattr(precision, "_tried", pytest.fail)
    assert probe(None) == first


def test_a_crash_in_bf16_is_named(probe):
    verdict = probe("abort")
    assert not verdict.passed
    assert verdict.reason == "the bf16 step crashed (SIGABRT)"


def test_a_hang_in_bf16_is_ended(probe):
    verdict = probe("hang", replace(LIMITS, hang_seconds=0.5))
    assert not verdict.passed
    assert verdict.reason == "the bf16 step did not end"


def test_a_hang_that_nothing_inside_ends_is_killed(probe):
    verdict = probe("deaf", replace(LIMITS, start_up_seconds=0.0, seconds=4.0))
    assert not verdict.passed
    assert verdict.reason.endswith("did not end")


def test_a_network_that_cannot_be_built_says_nothing_of_the_arithmetic(probe, tmp_path):
    verdict = probe("no such fault")
    assert not verdict.passed
    assert "KeyError" in verdict.reason
    assert not list(tmp_path.glob("*.json"))


def _layers(fault):
    network = probe_networks.with_fault(fault)
    with recorded_inputs(network) as inputs, torch.autocast("cpu", torch.bfloat16):
        network(torch.randn(SHAPE).repeat(2, 1, 1, 1, 1))
    return layer_complaint(network, inputs, True, LIMITS.layer_error)


def test_a_layer_with_a_wrong_gradient_is_named():
    torch.manual_seed(0)
    assert _layers(probe_networks.wrong_gradient).startswith(
        "the gradient of the input of its layer 2 is off by"
    )


def test_a_layer_with_a_wrong_output_is_named():
    torch.manual_seed(0)
    assert _layers(probe_networks.wrong_output).startswith("the output of its layer 2 is off by")


def test_sound_layers_are_within_bf16_rounding():
    torch.manual_seed(0)
    assert _layers(lambda output: output) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x, None),
        (lambda x: x * 1.01, None),
        (lambda x: x * 1.3, "is off by 30%"),
        (lambda x: x * math.nan, "is not finite"),
    ],
)
def test_outputs_are_compared(change, words):
    output = torch.randn(1, 3, 4, 8, 8)
    found = complaint({"output 0": output}, {"output 0": change(output)}, LIMITS)
    assert found is None if words is None else words in found


def test_an_offset_does_not_hide_a_wrong_output():
    output = torch.randn(1, 1, 4, 8, 8)
    found = complaint({"output 0": 1000 + output}, {"output 0": 1000 + output.flip(-1)}, LIMITS)
    assert "output 0 is off by" in found


def test_argmax_is_compared():
    # Two channels that differ by less than the error that is allowed.
    output = torch.randn(1, 1, 4, 8, 8).repeat(1, 2, 1, 1, 1)
    tilt = torch.tensor([0.01, 0.0]).view(1, 2, 1, 1, 1)
    found = complaint({"output 0": output + tilt}, {"output 0": output - tilt}, LIMITS)
    assert "another largest channel at 100.0% of the voxels" in found


def test_gradients_are_compared_together():
    exact = {"output 0": torch.ones(1, 1), "gradient of a": torch.ones(9), "gradient of b": torch.ones(1)}
    assert complaint(exact, exact | {"gradient of b": torch.zeros(1)}, LIMITS) is None
    assert "gradients are off by" in complaint(exact, exact | {"gradient of a": torch.zeros(9)}, LIMITS)


def _choose(device="cpu", **keywords):
    return choose_precision(device, FACTORY, {}, SHAPE, **keywords)


def test_a_gpu_computes_in_bf16_if_it_can(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert _choose("cuda")[0] == "bf16-mixed"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert _choose("cuda:0") == ("32-true", "arithmetic fp32: the GPU does not compute in bf16")


def test_a_processor_without_bf16_is_not_tried(monkeypatch):
    monkeypatch.setattr(precision, "this_processor", lambda: Processor("Old Xeon", frozenset({"avx2"})))
    monkeypatch.setattr(precision, "bf16_verdict", pytest.fail)
    name, sentence = _choose()
    assert name == "32-true"
    assert "Old Xeon has no bf16 instructions" in sentence


@pytest.mark.parametrize(("passed", "name"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_processor_with_bf16_follows_the_probe(monkeypatch, passed, name):
    monkeypatch.setattr(precision, "this_processor", lambda: WITH_BF16)
    monkeypatch.setattr(precision, "bf16_verdict", lambda *_, **__: Verdict(passed, "because"))
    chosen, sentence = _choose()
    assert chosen == name
    assert sentence.endswith(", because")


def test_processors_are_told_apart_by_their_flags(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: EPYC\nflags\t\t: avx2 amx_bf16\n\nprocessor\t: 1\n")
    assert this_processor(path) == Processor("EPYC", frozenset({"avx2", "amx_bf16"}))
    assert this_processor(path).computes_bf16
    assert not this_processor(tmp_path / "none").computes_bf16


def test_verdicts_are_kept_by_key(tmp_path):
    verdict = Verdict(True, "it is right", 2.0, 1.0)
    assert kept_verdict(tmp_path, {"a": 1}, lambda: verdict) == verdict
    assert kept_verdict(tmp_path, {"a": 1}, pytest.fail) == verdict
    other = Verdict(False, "it is wrong")
    assert kept_verdict(tmp_path, {"a": 2}, lambda: other) == other


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "another"}', '{"key": "{\\"a\\": 1}"}'])
def test_a_damaged_verdict_is_made_anew(tmp_path, content):
    verdict = Verdict(True, "it is right")
    kept_verdict(tmp_path, {"a": 1}, lambda: verdict)
    (path,) = tmp_path.glob("*.json")
    path.write_text(content)
    assert kept_verdict(tmp_path, {"a": 1}, lambda: verdict) == verdict
    assert json.loads(path.read_text())["verdict"]["passed"]
    assert not list(tmp_path.glob("*partial*"))


def test_a_verdict_that_does_not_last_is_not_kept(tmp_path):
    kept_verdict(tmp_path, {}, lambda: Verdict(False, "killed", lasting=False))
    verdict = Verdict(True, "it is right")
    assert kept_verdict(tmp_path, {}, lambda: verdict) == verdict


def test_a_folder_that_cannot_be_made_does_not_stop_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    verdict = Verdict(True, "it is right")
    assert kept_verdict(tmp_path / "file" / "folder", {}, lambda: verdict) == verdict


def test_the_cache_lies_where_the_user_has_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache_folder() == tmp_path / "spinemets"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert user_cache_folder() == Path("/home/somebody/.cache/spinemets")


class _Scaled(nn.Conv3d):
    """A network with deep supervision."""

    def scales(self, image):
        output = self(image)
        return [(output, output), (output[..., ::2],)]


@pytest.mark.parametrize(("training", "outputs"), [(True, 3), (False, 1)])
def test_deep_supervision_is_tried_where_the_network_trains(training, outputs):
    step = Step(_Scaled(2, 1, 1), torch.randn(SHAPE), training)
    assert sum(name.startswith("output") for name in step.results(bf16=False)) == outputs
