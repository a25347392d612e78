#!/usr/bin/env bash
# 'make test-page': drives the page of a real service in a real Chromium. Installs Chromium, its driver and nginx by apt where
# they are missing, Selenium and Pillow into bench/page, and axe-core, of a package of which nothing else is used, into bench/axe. Images of every view go to page-screenshots/.
# Arguments go to test_page.py, such as 'compare vote' for some of the scenarios.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v chromedriver >/dev/null || ! command -v chromium >/dev/null; then
    command -v apt-get >/dev/null || { echo "test-page: please install Chromium and chromedriver" >&2; exit 1; }
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "test-page: installing chromium and chromium-driver" >&2
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null
fi
if ! command -v nginx >/dev/null && [ ! -x /usr/sbin/nginx ]; then
    command -v apt-get >/dev/null || { echo "test-page: please install nginx" >&2; exit 1; }
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "test-page: installing nginx" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null
fi
command -v openssl >/dev/null || { echo "test-page: please install openssl" >&2; exit 1; }
environment=bench/page
Scripts/python_environment.sh "$environment" 'selenium>=4.20,<5' 'pillow>=10'
Scripts/python_environment.sh bench/axe --no-deps axe-playwright-python==0.1.8
DREAMSIM_AXE=$(echo "$PWD"/bench/axe/lib/python3*/site-packages/axe_playwright_python/axe.min.js)
export DREAMSIM_AXE
dreamsim=${DREAMSIM:-$(swift build -c release --product dreamsim --show-bin-path)/dreamsim}
"$environment/bin/python" Scripts/page/test_page.py "$dreamsim" "$@"
