#!/usr/bin/env bash
# 'make check-drop-in': the examples and the evaluation of the package `dreamsim`, run by it and by
# dreamsim_native.compat; then the tests of piq, torchmetrics and lpips, with our metrics in place of theirs. Needs the
# network, 11 GB in .build/drop-in, and an hour. What cannot be reached is said, and left out.
#
#   NIGHTS=folder         with data.csv, for the evaluation; left out without it
#   DREAMSIM_LIBRARY=file the shared library; .build/library/libdreamsim.so
#   PARTS="reference evaluation peers"  what is run
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=.build/drop-in
environment=$folder/environment
Scripts/python_environment.sh "$environment" torch torchvision peft timm transformers open-clip-torch safetensors \
    pyyaml numpy pillow pandas scipy configargparse pytorch-lightning pytest 'scikit-image<0.26' pytorch-msssim \
    cachier==4.1.0 lightning-utilities tensorflow-cpu opencv-python-headless lpips==0.1.4 piq==0.8.0 torchmetrics==1.9.0
if [ ! -d "$environment"/lib/python*/site-packages/dreamsim ]; then
    "$environment/bin/pip" install -q --disable-pip-version-check --no-deps dreamsim==0.2.1 DISTS-pytorch==0.1
fi
python=$PWD/$environment/bin/python
export DREAMSIM_LIBRARY=${DREAMSIM_LIBRARY:-$PWD/.build/library/libdreamsim.so}
export PYTHONPATH=$PWD/Python

# clone OWNER/NAME COMMIT FOLDER: fetched here and never part of the repository.
clone() {
    [ -d "$3" ] && return
    git init -q "$3.new"
    git -C "$3.new" fetch -q --depth 1 "https://github.com/$1" "$2"
    git -C "$3.new" -c advice.detachedHead=false checkout -q FETCH_HEAD
    mv "$3.new" "$3"
}

failed=0
for part in ${PARTS:-reference evaluation peers}; do
    echo "== $part"
    case $part in
    reference)
        clone facebookresearch/dinov2 b8931f7bf91576930313be2c6d6af376033b35f0 "$folder/dinov2"
        DINOV2_DIR=${DINOV2_DIR:-$folder/dinov2} "$python" Scripts/drop_in/reference.py "$folder/releases" \
            --json "$folder/reference.json" || failed=1
        ;;
    evaluation)
        if [ -z "${NIGHTS:-}" ]; then
            echo "left out: set NIGHTS to a folder with data.csv"
            continue
        fi
        clone ssundaram21/dreamsim db4d16c6948314e36e2e62f0bae2ee23bc974bf3 "$folder/dreamsim"
        "$python" Scripts/drop_in/nights.py "$folder/dreamsim" "$folder/releases" "$NIGHTS" \
            --json "$folder/evaluation.json" || failed=1
        ;;
    peers)
        clone photosynthesis-team/piq 9948a52fc09ac5f7fb3618ce64b7086f5c3109da "$folder/piq"
        clone Lightning-AI/torchmetrics 700261d3683ba77517e9650043f62a8313027437 "$folder/torchmetrics"
        clone richzhang/PerceptualSimilarity 082bb24f84c091ea94de2867d34c4544f68e0963 "$folder/lpips"
        "$python" Scripts/drop_in/peers.py "$folder" --json "$folder/peers.json" || failed=1
        ;;
    *)
        echo "$part: no such part; reference, evaluation or peers" >&2
        exit 64
        ;;
    esac
done
exit $failed
