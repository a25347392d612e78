#!/usr/bin/env bash
# Compares the kernels of integers with plain C, on this machine and on emulated arm64, with and without products of four
# bytes in one instruction; on this machine also under AddressSanitizer and UndefinedBehaviorSanitizer. Takes the Swift
# toolchain's clang. On Debian and Ubuntu qemu and the cross compiler's libraries are installed by apt when they are
# missing and root runs this. Ends with 1 when a check fails, after saying which.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v clang >/dev/null || {
    echo "kernels: no clang found; put the Swift toolchain's bin folder into PATH" >&2
    exit 1
}

# As SwiftPM builds them; what clang says of vectors in arguments is about functions that are always inlined.
flags=(-O2 -Wall -Wextra -Wno-psabi -Werror -I Sources/CDreamSimKernels/include)
sources=(Scripts/kernels/*.c Sources/CDreamSimKernels/*.c)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

run() {
    echo "$1"
    shift
    "$@" || failed=1
}

clang "${flags[@]}" "${sources[@]}" -lm -o "$work/check"
run "$(uname -m):" "$work/check"

linker=()
if [ "$(uname -s)" = Linux ]; then linker=(-fuse-ld=lld); fi
clang "${flags[@]}" -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all "${linker[@]}" "${sources[@]}" -lm \
    -o "$work/sanitized"
run "$(uname -m), with sanitizers:" "$work/sanitized"

# On arm64 all that remains is what the machine at hand lacks or has.
case "$(uname -m)" in
aarch64 | arm64) exit "$failed" ;;
esac

if ! command -v qemu-aarch64 >/dev/null || ! command -v aarch64-linux-gnu-gcc >/dev/null; then
    packages=(qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "kernels: no qemu-aarch64 or no aarch64-linux-gnu-gcc; install ${packages[*]}" >&2
        exit 1
    fi
    echo "kernels: installing ${packages[*]}" >&2
    apt-get update -qq
    env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

clang --target=aarch64-linux-gnu -march=armv8-a -static "${flags[@]}" "${sources[@]}" -lm -o "$work/arm64"
for processor in max cortex-a53; do
    run "arm64, $processor:" qemu-aarch64 -cpu "$processor" "$work/arm64"
done
exit "$failed"
