"""Networks for the bf16 probe: a sound one, and such that go wrong once they are cast to bf16."""

import os
import signal
import time

import torch
from torch import nn


class _Wrong(torch.autograd.Function):
    """A convolution's output with the gradient of something else."""

    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.flip(0)


class _BadConv(nn.Conv3d):
    """Does something else in bf16."""

    def __init__(self, fault, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.fault = fault

    def forward(self, value):
        bf16 = torch.is_autocast_enabled("cpu")
        output = super().forward(value)
        return self.fault(output) if bf16 else output


def wrong_output(output):
    return output.roll(1, dims=1)


def wrong_gradient(output):
    return _Wrong.apply(output)


def _abort(output):
    os.abort()


def _sleep(output):
    time.sleep(60)


def _sleep_without_alarm(output):
    signal.setitimer(signal.ITIMER_REAL, 0)
    time.sleep(60)


_FAULTS = {"abort": _abort, "hang": _sleep, "deaf": _sleep_without_alarm, "wrong": wrong_gradient}


def with_fault(fault):
    """Two convolutions, of which the second is faulty in bf16."""
    return nn.Sequential(
        nn.Conv3d(2, 4, 3, padding=1), nn.LeakyReLU(), _BadConv(fault, 4, 3, 3, padding=1), nn.Dropout(0.5)
    )


def build(fault=None):
    """A network from plain settings; prints, as some libraries do."""
    print("hello")
    if fault is None:
        return nn.Sequential(
            nn.Conv3d(2, 4, 3, padding=1), nn.LeakyReLU(), nn.Conv3d(4, 3, 1), nn.Dropout(0.5)
        )
    return with_fault(_FAULTS[fault])
