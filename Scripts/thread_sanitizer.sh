#!/usr/bin/env bash
# Runs the tests of the index and the service under ThreadSanitizer, which reports every two accesses to the same memory
# that nothing orders. Ends with another status than 0 when it reports one that Scripts/thread_sanitizer.txt does not
# explain, or when a test fails. Arguments replace the filter of tests.
set -euo pipefail
cd "$(dirname "$0")/.."

# Swift's own report of a crash takes half a minute, and ThreadSanitizer's says the same.
export SWIFT_BACKTRACE=enable=no
# libvips and OpenBLAS are not instrumented: what they order inside is not seen.
export TSAN_OPTIONS="suppressions=$PWD/Scripts/thread_sanitizer.txt:ignore_noninstrumented_modules=1:history_size=4"

# Built apart from the ordinary tests.
exec swift test -c release --disable-testable-imports --scratch-path .build/thread --sanitize thread \
    -Xswiftc -g --filter "${1:-^(ServiceTests|RetrievalTests)\.}"
