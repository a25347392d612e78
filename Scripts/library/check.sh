#!/usr/bin/env bash
# Checks the library with the C interface: that it shows the functions of its header and no others, that the header is C and
# C++ without a warning, and that a program in either gives the command's value.
set -euo pipefail
cd "$(dirname "$0")/../.."

library=.build/library program=Examples/C/compare.c
declared=$(grep -oE '\bdreamsim1_[a-z_]+\(' $library/dreamsim.h | tr -d '(' | sort -u)
shown=$(nm -D --defined-only $library/libdreamsim.so | awk '$2 == "T" { print $3 }' | sort -u)
if ! diff <(sed 's/$/@@DREAMSIM_1/' <<<"$declared") - <<<"$shown"; then
    echo "check-library: dreamsim.h declares what '<' says, libdreamsim.so shows what '>' says; make them the same" >&2
    exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=(-Wall -Wextra -Werror -pedantic -I$library -L$library -ldreamsim "-Wl,-rpath,$PWD/$library"
    -Wl,--allow-shlib-undefined)
clang -std=c11 $program "${flags[@]}" -o "$folder/c"
clang++ -x c++ -std=c++17 $program "${flags[@]}" -o "$folder/c++"
images=(Samples/scene.jpg Samples/shifted.jpg)
command=$(swift build -c release --show-bin-path)/dreamsim
for metric in ssim lite; do
    wanted=$("$command" compare --metric $metric "${images[@]}" --format json |
        python3 -c "import json, sys; print('%.6f' % json.load(sys.stdin)['results'][0]['values']['$metric'])")
    for language in c c++; do
        value=$("$folder/$language" $metric "${images[@]}")
        if [ "$value" != "$wanted" ]; then
            echo "check-library: $metric is $value in $language, and the command says $wanted" >&2
            exit 1
        fi
    done
done
echo "libdreamsim.so: $(wc -l <<<"$shown") functions, as dreamsim.h declares them; C and C++ give the command's values"
