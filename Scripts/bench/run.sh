#!/usr/bin/env bash
# Makes a Python environment with the peers, writes the synthetic ensemble and times all in turn: 'make bench-peers'.
# About 10 GB of disk in bench/. Arguments go to peers.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=bench/environment
if [ ! -x "$environment/bin/python" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install -q torch torchvision peft timm transformers open-clip-torch safetensors pyyaml onnx \
        onnxruntime openvino scipy
    "$environment/bin/pip" install -q --no-deps dreamsim==0.2.1
fi
if [ ! -d bench/ensemble/ensemble_lora ]; then
    "$environment/bin/python" Scripts/parity/synthetic_release.py ensemble bench/ensemble
fi
swift build -c release --product dreamsim
DREAMSIM_HOME=$PWD/bench/home "$environment/bin/python" Scripts/bench/peers.py \
    "$(swift build -c release --product dreamsim --show-bin-path)/dreamsim" bench/ensemble "$@"
