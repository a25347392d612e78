#!/usr/bin/env bash
# Asks a running service everything that its OpenAPI document allows, and more: no server error, no undocumented answer.
# Usage: Scripts/service/schemathesis.sh [URL] [arguments of 'schemathesis run', such as --max-examples 200]
# Starts a service of its own, with an index and reports, when no URL is given. Installs schemathesis into bench/service.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
environment=$root/bench/service
if [ ! -x "$environment/bin/schemathesis" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install -q schemathesis
fi
url=
if [ $# -gt 0 ] && [[ $1 == http* ]]; then
    url=$1
    shift
fi
if [ -z "$url" ]; then
    swift build -c release --product dreamsim
    dreamsim=$(swift build -c release --product dreamsim --show-bin-path)/dreamsim
    work=$(mktemp -d)
    mkdir "$work/reports"
    echo '{"dataSet": {"name": "example"}}' > "$work/reports/example.json"
    "$dreamsim" index Samples --index "$work/index" --quiet
    "$dreamsim" serve --port 18090 --index "$work/index" --reports "$work/reports" --metric lite,ssim,psnr --quiet \
        2> "$work/log" &
    service=$!
    trap 'kill "$service"; wait "$service" || true; rm -rf "$work"' EXIT
    url=http://127.0.0.1:18090
fi
until curl -sf "$url/readyz" > /dev/null; do sleep 0.2; done
# A service that has too much to do says so with 503, as the document has it; what must not happen is 500.
# It leaves files where it runs.
cd "$root/bench"
SCHEMATHESIS_HOOKS=$root/Scripts/service/images.py "$environment/bin/schemathesis" run "$url/v1/openapi.json" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method \
    --max-examples "${EXAMPLES:-50}" --seed 1 --request-timeout 120 "$@"
curl -sf "$url/healthz" > /dev/null
echo "The service is alive."
