#!/usr/bin/env bash
# 'make check-service': asks a running service everything that its OpenAPI document allows, and more: no server error, no status
# that is not described. Then reads its metrics as Prometheus' own client does, generates a client from the document and lets
# that compare images and search.
# Usage: Scripts/service/api.sh [URL] [arguments of 'schemathesis run', such as --max-examples 200 --max-time 600]
# When no URL is given it starts a service of its own, with two indexes that requests may change, reports, a voting room and an
# allowed folder; only then a client is generated, which has to know the images. DREAMSIM names another program than the one it builds, SECONDS_EACH the
# seconds of schemathesis (60).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
environment=$root/bench/service
Scripts/python_environment.sh "$environment" 'schemathesis>=4.32,<5' 'openapi-python-client>=0.29,<0.30' 'prometheus_client>=0.22,<1'
url=
if [ $# -gt 0 ] && [[ $1 == http* ]]; then
    url=$1
    shift
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
given=$url
if [ -z "$url" ]; then
    if [ -z "${DREAMSIM:-}" ]; then
        swift build -c release --product dreamsim
        DREAMSIM=$(swift build -c release --product dreamsim --show-bin-path)/dreamsim
    fi
    mkdir "$work/reports"
    echo '{"dataSet": {"name": "example"}}' > "$work/reports/example.json"
    cp -r Samples "$work/images"
    printf 'ref,left,right\nscene.jpg,shifted.jpg,different.jpg\nscene.jpg,blurred.jpg,zoomed.jpg\n' \
        > "$work/images/triplets.csv"
    for name in index more; do "$DREAMSIM" index "$work/images" --index "$work/$name" --model lite --quiet; done
    "$DREAMSIM" serve --port 0 --cutout --index "$work/index" --index "more=$work/more" --allow-changes "$work/added" --reports "$work/reports" --triplets "$work/images/triplets.csv" \
        --allow-root "$work/images" --metric lite,ssim,psnr --log-format json 2> "$work/log" &
    service=$!
    trap 'kill "$service" 2> /dev/null && wait "$service"; rm -rf "$work"' EXIT
    until url=$(grep -o -m 1 'http://[0-9.:]*' "$work/log"); do
        kill -0 "$service" || { cat "$work/log" >&2; exit 1; }
        sleep 0.2
    done
    until curl -sf "$url/readyz" > /dev/null; do
        kill -0 "$service" || { cat "$work/log" >&2; exit 1; }
        sleep 0.2
    done
fi
# Answers follow the document. Whether a request is taken may hang on more than a schema says, such as whether bytes are an image.
# It leaves files where it runs.
(
    cd "$work"
    SCHEMATHESIS_HOOKS=$root/Scripts/service/images.py "$environment/bin/schemathesis" run "$url/v1/openapi.json" \
        --phases examples,coverage,fuzzing,stateful --exclude-checks positive_data_acceptance,negative_data_rejection \
        --warnings off --max-examples "${EXAMPLES:-20}" --max-time "${SECONDS_EACH:-60}" --seed 1 --request-timeout 120 "$@"
)
curl -sf "$url/metrics" > "$work/metrics"
curl -sf "$url/v1/openapi.json" > "$work/openapi.json"
"$environment/bin/python" Scripts/service/prometheus.py "$work/metrics"
[ -z "$given" ] || exit 0
(
    cd "$work"
    "$environment/bin/openapi-python-client" generate --path openapi.json --output-path dreamsim_client --meta none \
        > generating 2>&1 || { cat generating >&2; exit 1; }
    PYTHONPATH=$work "$environment/bin/python" "$root/Scripts/service/client.py" "$url" "$work/images"
)
# Each line of the log is an object, and none tells of an error inside.
"$environment/bin/python" - "$work/log" <<'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
wrong = [event for event in events if event["level"] == "error" or event.get("status") == 500]
sys.exit(f"the log has errors: {wrong[:5]}" if wrong else print(f"{len(events)} lines of the log are JSON, none an error."))
END
