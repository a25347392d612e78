#!/usr/bin/env bash
# Builds the library with the C interface: .build/library/libdreamsim.so, which shows the functions of dreamsim.h and nothing
# else, and the header beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."

sources=Sources/CDreamSim
swift build -c release --product DreamSimC -Xlinker --version-script="$PWD/$sources/exports.map" \
    -Xlinker -soname=libdreamsim.so.1
mkdir -p .build/library
# Replaced and not overwritten: a program may have it mapped.
cp "$(swift build -c release --show-bin-path)/libDreamSimC.so" .build/library/libdreamsim.so.new
mv .build/library/libdreamsim.so.new .build/library/libdreamsim.so
ln -sf libdreamsim.so .build/library/libdreamsim.so.1
cp "$sources/include/dreamsim.h" .build/library/
