#!/usr/bin/env bash
# Installs what the project needs beside a Swift toolchain: the system libraries and pip, on Debian and Ubuntu by apt
# (with sudo when not root). Does nothing when all is there.
set -euo pipefail

# Fonts are for the text in images of rankings.
packages=(libvips-dev libopenblas-dev zlib1g-dev libsqlite3-dev libhnswlib-dev libssl-dev pkg-config python3-pip fontconfig fonts-dejavu-core)

if ! command -v swift >/dev/null; then
    echo "setup: no Swift toolchain found; install Swift 6.2 or later from https://www.swift.org/install/linux/" >&2
    exit 1
fi

have_libraries() {
    command -v pkg-config >/dev/null && pkg-config --exists vips openblas zlib sqlite3 && have_hnswlib &&
        have_curl && have_crypto
}
# Both are a part of Apple's systems.
have_curl() { [ "$(uname -s)" = Darwin ] || pkg-config --exists libcurl 2>/dev/null; }
have_crypto() { [ "$(uname -s)" = Darwin ] || pkg-config --exists libcrypto 2>/dev/null; }
# Headers alone, without a description for pkg-config.
have_hnswlib() {
    for folder in /usr/include /usr/local/include /opt/homebrew/include; do
        if [ -e "$folder/hnswlib/hnswlib.h" ]; then return 0; fi
    done
    return 1
}
have_fonts() { [ -n "$(fc-list 2>/dev/null)" ]; }
have_pip() { "${DREAMSIM_PYTHON:-python3}" -m pip --version >/dev/null 2>&1; }

if have_libraries && have_fonts && have_pip; then
    exit 0
fi

# Any kind of libcurl serves, and one kind's headers put out another's: the one with OpenSSL only where there are none.
if ! have_curl; then packages+=(libcurl4-openssl-dev); fi

case "$(uname -s)" in
Linux)
    if ! command -v apt-get >/dev/null; then
        echo "setup: please install libvips, OpenBLAS, zlib, SQLite, hnswlib, libcurl and OpenSSL with their headers, pkg-config and pip for Python 3" >&2
        exit 1
    fi
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: neither root nor sudo; have an administrator run: apt-get install ${packages[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "setup: installing ${packages[*]}" >&2
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
    ;;
Darwin)
    if ! command -v brew >/dev/null; then
        echo "setup: please install Homebrew, then run this again" >&2
        exit 1
    fi
    brew install vips hnswlib pkg-config python3
    ;;
*)
    echo "setup: unknown system $(uname -s); needed are libvips, OpenBLAS, zlib, SQLite, hnswlib, libcurl, OpenSSL, pkg-config and pip" >&2
    exit 1
    ;;
esac
