"""The network is compiled in the process that trains, also where it was handed there."""

import pickle

import pytest
import torch

from spinemets.training.callbacks.compiled import CompiledNetwork
from training.callbacks.toy_task import ToyTask, toy_trainer


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("handed_over", [False, True])
def test_the_network_that_trains_is_compiled(tmp_path, handed_over):
    network = torch.nn.Linear(2, 1)
    compiled = CompiledNetwork(network)
    if handed_over:
        compiled, network = pickle.loads(pickle.dumps((compiled, network)))
    compiled.setup(toy_trainer(tmp_path), ToyTask(), "fit")
    assert network._compiled_call_impl is not None
    assert list(network.state_dict()) == ["weight", "bias"]
