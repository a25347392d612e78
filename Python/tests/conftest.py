"""What the tests share. They run with the real library and real weights: run.sh says where these are."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

import dreamsim_native as ds

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "Samples"
FIXTURES = ROOT / "Tests/Fixtures/imaging"


@pytest.fixture(scope="session")
def lite():
    return ds.load("lite")


@pytest.fixture(scope="session")
def mse():
    return ds.load("mse")


@pytest.fixture
def pixels():
    """Images of random pixels, [H, W, 3]."""
    random = np.random.default_rng(1)
    return lambda height=40, width=30: random.integers(0, 256, (height, width, 3), np.uint8)


def command(*arguments):
    """What the command prints."""
    program = os.environ["DREAMSIM_COMMAND"]
    return subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def command_json(*arguments):
    return json.loads(command(*arguments, "--format", "json"))
