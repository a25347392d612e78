#!/usr/bin/env bash
# Loads a service with mixed requests, and says whether it does as much as 'dreamsim embed' on the same processors, whether its
# memory is flat, and which statuses were answered. Needs wrk (Debian's package), curl and python3, and a machine at rest.
# Usage: Scripts/service/load.sh [METRIC] [SECONDS] [CLIENTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
export METRIC=${1:-lite}
seconds=${2:-120}
clients=${3:-64}
batch=8
port=18091
url=http://127.0.0.1:$port
dreamsim=${DREAMSIM:-$(swift build -c release --product dreamsim --show-bin-path)/dreamsim}
export IMAGES=$(echo Samples/*.jpg)
work=$(mktemp -d)

"$dreamsim" serve --port "$port" --metric "$METRIC" --batch-size "$batch" --quiet 2> "$work/log" &
service=$!
trap 'kill "$service" 2> /dev/null || true; rm -rf "$work"' EXIT
until curl -sf "$url/readyz" > /dev/null; do sleep 0.2; done
value() { curl -sf "$url/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }

python3 Scripts/service/latency.py "$url" "$METRIC" Samples/scene.jpg Samples/shifted.jpg
# So many copies that loading the model does not count, timed from the first image to the last.
embed() {
    local copies=$1
    mkdir -p "$work/$copies"
    for i in $(seq "$copies"); do for f in Samples/*.jpg; do ln -s "$PWD/$f" "$work/$copies/$i-$(basename "$f")"; done; done
    local start end
    start=$(date +%s.%N)
    "$dreamsim" embed "$work/$copies" -m "$METRIC" --batch-size "$batch" -q -o "$work/$copies.npy"
    end=$(date +%s.%N)
    echo "$start $end"
}
# The difference of a long and a short run is free of what every start costs.
few=$(embed 4)
many=$(embed "${COPIES:-40}")
images=$(echo Samples/*.jpg | wc -w)
alone=$(awk -v few="$few" -v many="$many" -v n=$(((${COPIES:-40} - 4) * images)) \
    'BEGIN { split(few, f); split(many, m); printf "%.2f", n / ((m[2] - m[1]) - (f[2] - f[1])) }')

(while sleep 10; do echo "memory: $(($(value process_resident_memory_bytes) >> 20)) MiB, $(value dreamsim_images_accepted) images accepted"; done) &
sampler=$!
trap 'kill "$sampler" "$service" 2> /dev/null || true; rm -rf "$work"' EXIT
before=$(value dreamsim_batch_images_sum)
start=$(date +%s.%N)
wrk -t 2 -c "$clients" -d "$seconds" --timeout 60 -s Scripts/service/load.lua "$url" | tee "$work/wrk"
end=$(date +%s.%N)
after=$(value dreamsim_batch_images_sum)
kill "$sampler"
awk -v a="$before" -v b="$after" -v s="$start" -v e="$end" -v alone="$alone" 'BEGIN {
    rate = (b - a) / (e - s)
    printf "service: %.2f images/s under load; embed: %.2f images/s; %.1f %% (bound: 95)\n", rate, alone, 100 * rate / alone }'
kill -TERM "$service"
wait "$service" && echo "ended with 0 when told to stop"
trap 'rm -rf "$work"' EXIT
