#!/usr/bin/env bash
# Runs every 'sh' block of README.md in a scratch folder that holds the sample images, and checks that the 'swift'
# block is the compiled example. A block that starts with '# not run by CI' is left out.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bin=$(cd "$root" && swift build -c release --product dreamsim --show-bin-path)
cp -r "$root/Samples" "$scratch/Samples"
export PATH="$bin:$PATH"

python3 - "$root" "$scratch" <<'PYTHON'
import pathlib, re, sys
root, scratch = map(pathlib.Path, sys.argv[1:])
readme = (root / "README.md").read_text()
blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.S | re.M)
example = (root / "Examples/Example.swift").read_text()
commands = []
for language, text in blocks:
    if language == "swift" and text.strip() not in example:
        sys.exit("README.md: a swift block is not part of Examples/Example.swift")
    if language == "sh" and not text.startswith("# not run by CI"):
        commands.append(text)
if not any(language == "swift" for language, _ in blocks) or not commands:
    sys.exit("README.md: found no swift block or no commands; is the layout still what this script expects?")
(scratch / "commands.sh").write_text("set -euxo pipefail\n" + "\n".join(commands))
PYTHON
cd "$scratch"
bash commands.sh
swift run --package-path "$root" -c release readme-example Samples/scene.jpg Samples/shifted.jpg Samples/different.jpg
echo "check-readme: all commands and examples ran"
