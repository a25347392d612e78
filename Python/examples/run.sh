#!/usr/bin/env bash
# Runs the examples, which fail where a number is not what it has to be, and says how long each took.
# Usage: Python/examples/run.sh [--torch] [--pages]
#   --torch  the one that needs torch, too
#   --pages  writes the pages of Python/examples/pages
# DREAMSIM_LIBRARY is the library; default: that of 'make library'.
# DREAMSIM_EXAMPLES_PYTHON is an interpreter that has the packages; default: one that is set up here.
set -euo pipefail
cd "$(dirname "$0")/../.."
examples=(evaluate_a_generator.py clean_a_folder.py) packages=(numpy Pillow matplotlib) pages=()
for argument in "$@"; do
    case $argument in
    # One version of torch, so that a build without CUDA is taken where there is one.
    --torch) examples+=(a_loss_in_training.py) packages+=(torch==2.13.0) ;;
    --pages) pages=(--pages) ;;
    *) sed -n 's/^# //; 2,7p' "$0" >&2; exit 64 ;;
    esac
done
python=${DREAMSIM_EXAMPLES_PYTHON:-}
if [ -z "$python" ]; then
    environment=.build/examples-python$([ ${#packages[@]} -eq 3 ] || echo -torch)
    Scripts/python_environment.sh "$environment" "${packages[@]}"
    python=$environment/bin/python
fi
export DREAMSIM_LIBRARY=${DREAMSIM_LIBRARY:-$PWD/.build/library/libdreamsim.so} PYTHONPATH=$PWD/Python
for example in "${examples[@]}"; do
    "$python" Python/examples/render.py "${pages[@]}" "$example"
done
