"""Weights on disk: what is written is what is read, and nothing else is taken."""

import json
import math
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from spinemets.errors import InputError, UnreadableFileError
from spinemets.networks.segmenter import SpineSegmenter
from spinemets.networks.weights import fill_network, load_network, load_weights, save_weights
from weight_files import SEGMENTER, grader_card, save_grader, save_segmenter, segmenter_card

_TENSORS = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.tensor([1, 2]), "c": torch.tensor(True)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.safetensors"


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory):
    """A file of a segmenter, and the network that it was written from."""
    file = tmp_path_factory.mktemp("weights") / "segmenter.safetensors"
    return file, save_segmenter(file)


def _rewritten(source, target, change):
    """A file of the same tensors with other facts beside them."""
    with safe_open(source, framework="pt") as file:
        facts = json.loads(file.metadata()["spinemets"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    change(facts, tensors)
    save_file(tensors, target, {"spinemets": json.dumps(facts)})
    return target


def test_gives_back_tensors_and_card(path):
    card = grader_card()
    save_weights(path, _TENSORS, card)
    found, tensors = load_weights(path, "escc")
    assert found.model_dump(mode="json") == card.model_dump(mode="json")
    assert tensors.keys() == _TENSORS.keys()
    for name, tensor in _TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_any_task_is_taken_where_none_is_named(path):
    save_weights(path, _TENSORS, grader_card())
    assert load_weights(path, None)[0].task == "escc"


def test_a_segmenter_is_rebuilt_and_computes_the_same(segmenter):
    file, network = segmenter
    card, loaded = load_network(file, "segmentation")
    image = torch.randn(1, 4, 2, 16, 16, generator=torch.Generator().manual_seed(0))
    assert not loaded.training
    assert math.isnan(card.metrics["lesion_sensitivity"])
    with torch.inference_mode():
        for wanted, found in zip(network(image), loaded(image), strict=True):
            assert torch.equal(wanted, found)


def test_a_grader_is_rebuilt_and_computes_the_same(path):
    network = save_grader(path)
    _, loaded = load_network(path, "escc")
    crops = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert not loaded.training
    with torch.inference_mode():
        assert torch.equal(network(crops), loaded(crops))


def test_the_same_content_gives_the_same_bytes(tmp_path):
    orders = [_TENSORS, dict(reversed(_TENSORS.items()))]
    files = [tmp_path / f"{number}.safetensors" for number in range(8)]
    digests = {save_weights(file, orders[number % 2], grader_card()) for number, file in enumerate(files)}
    assert len(digests) == 1
    assert len({file.read_bytes() for file in files}) == 1


def test_the_digest_is_that_of_the_file(path):
    digest = save_weights(path, _TENSORS, grader_card())
    assert load_weights(path, "escc", digest)[0].task == "escc"
    with pytest.raises(UnreadableFileError, match="SHA-256"):
        load_weights(path, "escc", "0" * 64)


def test_tensors_that_dynunet_names_twice_are_written_once(segmenter):
    file, network = segmenter
    size = sum(tensor.numel() for tensor in network.parameters()) * 4
    assert size < file.stat().st_size < 1.7 * size
    assert load_weights(file, "segmentation")[1].keys() == network.state_dict().keys()


def test_copies_of_a_shared_tensor_may_differ(path, segmenter):
    _, network = segmenter
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    name = next(name for name in state if "skip_layers" in name)
    state[name] += 1.0
    save_weights(path, state, segmenter_card())
    assert torch.equal(load_weights(path, "segmentation")[1][name], state[name])


def test_views_are_written_as_they_look(path):
    both = torch.arange(12.0).reshape(3, 4)
    save_weights(path, {"turned": both.T, "part": both[:2]}, grader_card())
    tensors = load_weights(path, "escc")[1]
    assert torch.equal(tensors["turned"], both.T)
    assert torch.equal(tensors["part"], both[:2])


@given(st.data())
def test_a_changed_bit_is_noticed(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    save_weights(path, _TENSORS, grader_card())
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_weights(path, "escc")
    assert caught.value.file == path
    assert caught.value.remedy


@pytest.mark.parametrize("size", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(path, size):
    save_weights(path, _TENSORS, grader_card())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UnreadableFileError, match="no safetensors file"):
        load_weights(path, "escc")


class _Trap:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_nothing_is_unpickled(path):
    path.write_bytes(pickle.dumps(_Trap()))
    with pytest.raises(UnreadableFileError, match="no safetensors file"):
        load_weights(path, "escc")


def test_a_missing_file_is_named(path):
    with pytest.raises(UnreadableFileError, match="does not exist"):
        load_weights(path, "escc")


def test_safetensors_of_another_program_are_refused(path):
    save_file(_TENSORS, path, {"format": "pt"})
    with pytest.raises(UnreadableFileError, match="no weights of spinemets"):
        load_weights(path, "escc")


def test_weights_of_another_task_are_refused(segmenter):
    with pytest.raises(InputError, match=r"task segmentation.*task escc"):
        load_weights(segmenter[0], "escc")


def test_weights_of_another_version_are_refused(path, segmenter):
    _rewritten(segmenter[0], path, lambda facts, _: facts["card"].update(version=2))
    with pytest.raises(InputError, match="version 2, this code reads spinemets-weights version 1") as caught:
        load_weights(path, "segmentation")
    assert caught.value.field == "version"


def test_a_better_metric_written_into_the_card_is_noticed(path, segmenter):
    _rewritten(segmenter[0], path, lambda facts, _: facts["card"]["metrics"].update(lesion_dice=0.99))
    with pytest.raises(UnreadableFileError, match="checksum"):
        load_weights(path, "segmentation")


def test_an_exchanged_tensor_is_noticed(path, segmenter):
    _rewritten(segmenter[0], path, lambda _, tensors: tensors["stem.mix.bias"].add_(1.0))
    with pytest.raises(UnreadableFileError, match="checksum"):
        load_weights(path, "segmentation")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda state: state.pop("stem.mix.bias"), "stem.mix.bias"),
        (lambda state: state.update(extra=torch.zeros(1)), "extra"),
        (lambda state: state.update({"stem.mix.bias": torch.zeros(5)}), "stem.mix.bias"),
    ],
    ids=["missing", "unexpected", "another shape"],
)
def test_tensors_that_do_not_fit_leave_the_network_as_it_was(path, segmenter, change, field):
    state = dict(segmenter[1].state_dict())
    change(state)
    save_weights(path, state, segmenter_card())
    with pytest.raises(InputError) as caught:
        load_network(path, "segmentation")
    assert (caught.value.file, caught.value.field) == (path, field)
    network = SpineSegmenter(SEGMENTER)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(InputError):
        fill_network(network, state, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("network", [{}, {"filters": [8]}, {"depth": 3}])
def test_settings_of_no_network_are_named(path, network):
    save_weights(path, _TENSORS, segmenter_card().model_copy(update={"network": network}))
    with pytest.raises(InputError, match="cannot be built") as caught:
        load_network(path, "segmentation")
    assert (caught.value.file, caught.value.field) == (path, "network")


def test_an_old_file_stays_where_the_new_one_cannot_be_written(path, monkeypatch):
    save_weights(path, _TENSORS, grader_card())
    before = path.read_bytes()

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(InputError, match="No space left"):
        save_weights(path, {}, grader_card())
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        save_weights(tmp_path / "none" / "weights.safetensors", _TENSORS, grader_card())
