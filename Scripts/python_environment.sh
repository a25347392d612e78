#!/usr/bin/env bash
# Makes a Python environment for scripts, with packages of the package index, where it is not there yet.
# Usage: Scripts/python_environment.sh FOLDER PACKAGE...
set -euo pipefail
folder=$1
shift
# Complete when it says for which packages it was made.
[ "$(cat "$folder/packages" 2>/dev/null)" = "$*" ] && exit 0
python=${DREAMSIM_PYTHON:-python3}
if ! "$python" -m venv --clear "$folder" >/dev/null 2>&1; then
    # Debian and Ubuntu have it in a package of its own.
    command -v apt-get >/dev/null || { echo "$folder: '$python -m venv' does not work here" >&2; exit 1; }
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "installing python3-venv" >&2
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv --clear "$folder"
fi
"$folder/bin/python" -m pip install -q --disable-pip-version-check "$@"
echo "$*" > "$folder/packages"
