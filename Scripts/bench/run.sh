#!/usr/bin/env bash
# 'make bench-peers': makes a Python environment with the peers, writes the synthetic ensemble, fetches vits14-focus, and measures ours
# beside them: speed in turn with the floating-point peak, and errors below float32, of both models; the whole process, memory,
# folders. About 12 GB of disk in bench/, an hour.
# Arguments go to peers.py, such as '--batch 8 --threads 2 --runs 3'.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=bench/environment
# nncf is the one that environments of earlier versions lack.
if ! "$environment/bin/python" -c 'from importlib.metadata import version as v; v("dreamsim"), v("nncf")' 2>/dev/null; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install -q torch torchvision peft timm transformers open-clip-torch safetensors pyyaml onnx \
        onnxruntime openvino nncf scipy
    "$environment/bin/pip" install -q --no-deps dreamsim==0.2.1
fi
python="$environment/bin/python"
if [ ! -d bench/ensemble/ensemble_lora ]; then
    "$python" Scripts/parity/synthetic_release.py ensemble bench/ensemble
fi
swift build -c release --product dreamsim
swift build -c release --product peak
dreamsim=$(swift build -c release --product dreamsim --show-bin-path)/dreamsim
peak=$(swift build -c release --product peak --show-bin-path)/peak
export DREAMSIM_HOME=$PWD/bench/home
# Set on some machines for the sake of old OpenBLAS builds; they would slow the peers down.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

date -u +%F
grep -m1 'model name' /proc/cpuinfo || true
"$python" Scripts/bench/peers.py "$dreamsim" bench/ensemble --peak "$peak" --json bench/peers.json "$@"
echo
"$dreamsim" models pull vits14-focus --quiet
"$python" Scripts/bench/peers.py "$dreamsim" "$DREAMSIM_HOME/weights" --model vits14-focus --peak "$peak" \
    --json bench/peers-vits14-focus.json "$@"
echo
"$python" Scripts/bench/whole_process.py "$dreamsim" bench/ensemble Samples/scene.jpg Samples/shifted.jpg
echo
"$python" Scripts/bench/memory.py "$dreamsim" bench/ensemble
echo
"$python" Scripts/bench/folder.py "$dreamsim" bench/ensemble
