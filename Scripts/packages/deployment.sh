#!/usr/bin/env bash
# 'make check-deployment': looks at what packaging/ has for those who run the service, as far as this machine can: the unit by
# systemd-analyze, the Caddyfile by Caddy where there is one. 'make test-page' runs the examples for nginx with the service behind it, and
# 'make test-packages' the steps of the Containerfile.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() {
    echo "check-deployment: $1" >&2
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if command -v systemd-analyze >/dev/null; then
    # The program of a package is not where it will be; manual pages neither.
    sed -e 's#/usr/bin/dreamsim#/bin/true#' -e '/^Documentation=/d' packaging/systemd/dreamsim.service >"$scratch/dreamsim.service"
    told=$(systemd-analyze verify "$scratch/dreamsim.service" 2>&1) || fail "the unit: $told"
    [ -z "$told" ] || fail "the unit: $told"
    # In tenths; systemd calls up to 2.0 'OK'.
    systemd-analyze security --offline=true --threshold=15 "$scratch/dreamsim.service" >"$scratch/security" ||
        fail "the unit leaves too much open: $(tail -1 "$scratch/security")"
    tail -1 "$scratch/security"
else
    echo "check-deployment: without systemd the unit is not looked at" >&2
fi
if command -v caddy >/dev/null; then
    HOME=$scratch caddy adapt --config packaging/caddy/Caddyfile --adapter caddyfile >/dev/null 2>"$scratch/caddy" ||
        fail "$(cat "$scratch/caddy")"
    caddy fmt packaging/caddy/Caddyfile | cmp -s - packaging/caddy/Caddyfile || fail "the Caddyfile is not as 'caddy fmt' writes it"
    echo "the Caddyfile is right"
fi
