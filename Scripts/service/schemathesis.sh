#!/usr/bin/env bash
# Asks a running service everything that its OpenAPI document allows, and more: no server error, no undocumented answer.
# Usage: Scripts/service/schemathesis.sh [URL] [arguments of 'schemathesis run', such as --max-examples 200]
# When no URL is given it starts a service of its own, with two indexes that requests may change, reports, a voting room and an allowed folder.
# Installs schemathesis into bench/service. DREAMSIM names another program than the one it builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
environment=$root/bench/service
Scripts/python_environment.sh "$environment" 'schemathesis>=4,<5'
url=
if [ $# -gt 0 ] && [[ $1 == http* ]]; then
    url=$1
    shift
fi
if [ -z "$url" ]; then
    if [ -z "${DREAMSIM:-}" ]; then
        swift build -c release --product dreamsim
        DREAMSIM=$(swift build -c release --product dreamsim --show-bin-path)/dreamsim
    fi
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/reports"
    echo '{"dataSet": {"name": "example"}}' > "$work/reports/example.json"
    cp -r Samples "$work/images"
    printf 'ref,left,right\nscene.jpg,shifted.jpg,different.jpg\nscene.jpg,blurred.jpg,zoomed.jpg\n' \
        > "$work/images/triplets.csv"
    "$DREAMSIM" index "$work/images" --index "$work/index" --quiet
    "$DREAMSIM" index "$work/images" --index "$work/more" --quiet
    "$DREAMSIM" serve --port 0 --index "$work/index" --index "more=$work/more" --allow-changes "$work/added" --reports "$work/reports" --triplets "$work/images/triplets.csv" \
        --allow-root "$work/images" --metric lite,ssim,psnr --quiet 2> "$work/log" &
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
# An overloaded service answers 503, as the document has it; what must not happen is 500.
# It leaves files where it runs.
cd "$root/bench"
SCHEMATHESIS_HOOKS=$root/Scripts/service/images.py "$environment/bin/schemathesis" run "$url/v1/openapi.json" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method \
    --max-examples "${EXAMPLES:-50}" --seed 1 --request-timeout 120 "$@"
curl -sf "$url/healthz" > /dev/null
echo "The service is alive."
