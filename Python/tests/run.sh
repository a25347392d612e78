#!/usr/bin/env bash
# Tests the Python package with the built library, command and weights: `make build library demo` first.
# Usage: Python/tests/run.sh         types, and all tests that need neither torch nor minutes
#        Python/tests/run.sh torch   types, and the tests of what is for torch
#        Python/tests/run.sh slow    thousands of rounds in threads and forks, memory over 10,000 calls
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:-fast}

export DREAMSIM_LIBRARY=${DREAMSIM_LIBRARY:-$PWD/.build/library/libdreamsim.so}
export DREAMSIM_COMMAND=${DREAMSIM_COMMAND:-$(swift build -c release --show-bin-path)/dreamsim}
for file in "$DREAMSIM_LIBRARY" "$DREAMSIM_COMMAND"; do
    [ -e "$file" ] || { echo "$file is not there; make build library" >&2; exit 1; }
done

packages=("numpy" "Pillow" "pytest" "hypothesis" "tqdm" "mypy" "pyright")
# One version of torch, so that a build without CUDA is taken where there is one.
[ "$part" != torch ] || packages+=("torch==2.13.0" "torchmetrics")
environment=$PWD/.build/python-$([ "$part" = torch ] && echo torch || echo tests)
Scripts/python_environment.sh "$environment" "${packages[@]}"
bin=$environment/bin

cd Python
export PYTHONPATH=$PWD
if [ "$part" != slow ]; then
    files=()
    for file in dreamsim_native/*.py; do
        if [ "$part" = torch ] || ! grep -qE '^ *import torch$|^from torch' "$file"; then files+=("$file"); fi
    done
    "$bin/mypy" "${files[@]}"
    # Its program comes from another registry, which not every machine reaches.
    if "$bin/pyright" --version >/dev/null 2>&1; then
        "$bin/pyright" --pythonpath "$bin/python" "${files[@]}"
    else
        echo "pyright does not start here; types were checked by mypy alone" >&2
    fi
fi
mark="not slow and not torch"
[ "$part" = fast ] || mark=$part
"$bin/python" -m pytest -q -m "$mark" -p no:cacheprovider
