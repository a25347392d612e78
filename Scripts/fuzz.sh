#!/usr/bin/env bash
# Builds the fuzzing targets (Fuzzing/) and gives each as many seconds of mutated inputs as SECONDS says, two targets at a
# time. Ends with 1 when a target crashes, traps, hangs, leaks or takes too much memory, after saying which file did it
# and how to repeat it. Arguments are the names of targets; all run when none is given.
#
# FUZZ_BUILD is what of SwiftPM's configurations is built, CORPUS a folder in which what is found is kept (nothing is
# kept without it), RUNS the most executions of a target.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SECONDS_EACH:-15} configuration=${FUZZ_BUILD:-debug}
# Swift's own report of a crash takes half a minute, and AddressSanitizer's says the same.
export SWIFT_BACKTRACE=enable=no
export LSAN_OPTIONS="suppressions=$PWD/Scripts/fuzz_leaks.txt:print_suppressions=0"

resources=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")/lib/clang
DREAMSIM_FUZZER=$(find "$resources" -name "libclang_rt.fuzzer_no_main*$(uname -m)*.a" -o -name libclang_rt.fuzzer_no_main_osx.a | head -n 1)
export DREAMSIM_FUZZER
[ -n "$DREAMSIM_FUZZER" ] || { echo "fuzz: $resources holds no libFuzzer; use a toolchain of swift.org" >&2; exit 1; }

# What is instrumented is built apart, so that an ordinary build stays as it is.
build=(swift build -c "$configuration" --scratch-path .build/fuzz --product fuzz --sanitize address
    -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table -Xswiftc -enable-testing)
"${build[@]}"
program=$("${build[@]}" --show-bin-path)/fuzz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
findings=.build/fuzz/findings
rm -rf "$findings"
mkdir -p "$findings"

# Files that every execution writes anew belong in memory.
if [ -d /dev/shm ]; then scratch=$(mktemp -d /dev/shm/fuzz.XXXXXX) && trap 'rm -rf "$work" "$scratch"' EXIT; else scratch=$work; fi

run() {
    local target=$1 corpus=${CORPUS:-$work/corpus}/$1
    mkdir -p "$corpus" "Fuzzing/Seeds/$target"
    if TMPDIR=$scratch "$program" "$target" "$corpus" "Fuzzing/Seeds/$target" -max_total_time="$seconds" \
        -runs="${RUNS:--1}" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -use_value_profile=0 \
        -print_final_stats=1 -artifact_prefix="$findings/$target-" >"$work/$target.log" 2>&1; then
        local count edges
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
        edges=$(grep -o 'cov: [0-9]*' "$work/$target.log" | tail -n 1 | cut -d' ' -f2)
        printf '%-20s %10s executions, %6s edges\n' "$target" "$count" "$edges"
    else
        touch "$work/failed"
        printf '%-20s FAILED\n' "$target"
        tail -n 60 "$work/$target.log"
        for file in "$findings/$target-"*; do
            [ -e "$file" ] && printf 'repeat it: SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=%s %s %s %s\n' "$LSAN_OPTIONS" "$program" "$target" "$file"
        done
    fi
}
export -f run
export program work findings scratch seconds

if [ $# -gt 0 ]; then printf '%s\n' "$@"; else "$program"; fi | xargs -P 2 -I{} bash -c 'run {}'
[ ! -e "$work/failed" ]
