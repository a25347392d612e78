SWIFT_BUILD = swift build -c release --product dreamsim
DREAMSIM = $$($(SWIFT_BUILD) --show-bin-path)/dreamsim

# Every target is a task, and none a file.
.PHONY: $(shell grep -oE '^[a-z-]+:' Makefile | tr -d :)

all: build

help: ## lists these commands
	@grep -hE '^[a-z-]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/:.* ## /: /' | sed -E 's/^([a-z-]+): */make \1\t/' | expand -t 20

setup: ## installs system libraries
	@Scripts/setup.sh

build: setup ## builds the command
	$(SWIFT_BUILD)

library: setup ## builds the library with the C interface, .build/library/libdreamsim.so
	Scripts/library/build.sh

check-library: build library ## fails when the library is not what its header says
	Scripts/library/check.sh

demo: build ## a first look: set-up, build, weights, a ranking and its image
	@mkdir -p demo
	$(DREAMSIM) compare Samples/scene.jpg Samples/shifted.jpg Samples/recolored.jpg Samples/blurred.jpg \
		Samples/noisy.jpg Samples/recompressed.jpg Samples/zoomed.jpg Samples/mirrored.jpg Samples/different.jpg \
		--sheet demo/ranking.png
	@echo
	@echo "The ranking as an image: demo/ranking.png"

# Some come by themselves: the downloads, which watch the clock, and what keeps all processors busy for a long time.
FULL_SIZE = 'FullSizeTests|PackagedModelTests|LearnedMetricTests|LiteTests|NightsGoldenTests|RobustnessSanityTests'
DOWNLOADS = '^WeightsTests'
SWIFT_TEST = swift test -c release --disable-testable-imports

test: setup ## runs all tests
	$(SWIFT_TEST) --skip $(FULL_SIZE) --skip $(DOWNLOADS)
	$(SWIFT_TEST) --skip-build --filter $(DOWNLOADS)
	$(SWIFT_TEST) --skip-build --filter $(FULL_SIZE)

check-examples: library ## runs the examples of the Python package; Python/examples/run.sh says how with torch
	Python/examples/run.sh

test-python: build library ## tests the Python package, without what is for torch
	Python/tests/run.sh

test-python-torch: build library ## tests what the Python package has for torch
	Python/tests/run.sh torch

test-python-slow: build library ## tests the Python package in thousands of rounds
	Python/tests/run.sh slow

test-cluster: build library ## tests the Python package on Spark with two executors
	Python/tests/run.sh cluster

check-cluster: build library ## tests it on Spark, Ray and PostgreSQL, also with much data
	Python/tests/run.sh engines

# NIGHTS=folder with data.csv adds the reference's evaluation; see Scripts/drop_in/run.sh.
check-drop-in: library ## compares the drop-in module with the reference, and our metrics with the tests of their peers
	Scripts/drop_in/run.sh

# make fuzz SECONDS=60 TARGETS="pickle zip"; Scripts/fuzz.sh says what else can be set.
fuzz: setup ## gives every parser of untrusted bytes SECONDS (15) of mutated inputs
	SECONDS_EACH=$(or $(SECONDS),15) Scripts/fuzz.sh $(TARGETS)

thread-sanitizer: setup ## runs the tests of the index and the service under ThreadSanitizer
	Scripts/thread_sanitizer.sh

check-kernels: ## compares the kernels of integers with plain C, here and on emulated arm64
	Scripts/kernels/arm64.sh

# Images of every view, wide and narrow, light and dark, go to page-screenshots/.
test-page: build ## tests the page of a real service in a real browser
	Scripts/page/run.sh

format: ## formats all Swift files
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples Fuzzing

lint: ## fails when a Swift file is not formatted
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples Fuzzing

words: ## fails when a word stands that the project does not use
	@python3 Scripts/check_words.py

figures: ## draws the targets from Package.swift
	Scripts/figures/targets.py

check-figures: ## fails when that figure is stale, or a target imports what it does not declare
	Scripts/figures/targets.py --check

api: build ## writes the public API of every product to Documentation/API
	Scripts/docs/api.py --renew

check-api: build ## fails, with a diff, when the public API is not what Documentation/API says
	Scripts/docs/api.py

check-topics: build ## fails when a public symbol is in no article's Topics
	Scripts/docs/topics.py

topics: build ## gives every public symbol a place in its product's Topics
	Scripts/docs/topics.py --fill

docs: build ## builds the reference of all products as a static site in .build/docs
	Scripts/docs/site.py

check-docs: build ## runs the commands and checks the code of the README and all articles
	Scripts/docs/blocks.py $$($(SWIFT_BUILD) --show-bin-path)
	swift run -c release readme-example Samples/scene.jpg Samples/shifted.jpg Samples/different.jpg

# SECONDS_EACH=600 for more of them, see Scripts/service/api.sh.
check-service: build ## asks a service all that its OpenAPI document allows, also by a generated client
	DREAMSIM=$(DREAMSIM) Scripts/service/api.sh

ROUNDS = 1000

load-service: build ## measures the service while clients ask for all that they may
	Scripts/service/fairness.py $(DREAMSIM)

# HOSTILE="--seconds 60 --turn 10" for a look; Scripts/service/hostile.py says what else can be set.
load-service-hostile: build ## measures what honest clients get done while others attack, for 20 minutes
	Scripts/service/hostile.py $(DREAMSIM) $(HOSTILE)

chaos: build ## disturbs the command at random steps, ROUNDS times, and checks that nothing is lost
	Scripts/chaos.py --rounds $(ROUNDS) --program $(DREAMSIM)

bench-build: ## times a build from nothing, by module
	Scripts/bench/build.py

# Ours beside the Python reference, ONNX Runtime and OpenVINO, in and below float32; see Scripts/bench/peers.py.
bench-peers: setup ## times the command beside the Python reference, ONNX Runtime and OpenVINO
	Scripts/bench/run.sh

PACKAGES = .build/packages/out
SUMS = cd $(PACKAGES) && sha256sum $$(ls | grep -v SHA256SUMS) > SHA256SUMS

dist: build ## packs the command: a tarball with all libraries, a Debian package, their digests and parts, in .build/packages/out
	Scripts/packages/dist.py $(DREAMSIM) $(PACKAGES)
	Scripts/packages/deb.py $(DREAMSIM) $(PACKAGES)
	$(SUMS)

wheel: build library ## packs the Python module with the library and the command, in .build/packages/out
	Scripts/packages/wheel.py .build/library/libdreamsim.so $(DREAMSIM) $(PACKAGES)
	$(SUMS)

# As root, on Debian: each package is tried in a new system that has nothing else.
test-packages: ## tries all packages in bare Debian systems
	Scripts/packages/bare_root.sh $(PACKAGES)

check-deployment: ## looks at the systemd unit and the Caddyfile of packaging/
	Scripts/packages/deployment.sh

PREFIX = /usr/local

install: build ## installs the command, its manual pages and completions; PREFIX is /usr/local, DESTDIR as usual
	Scripts/packages/stage.py $(DREAMSIM) $(PREFIX)

uninstall: ## removes what make install has installed; PREFIX and DESTDIR as there
	Scripts/packages/stage.py $(DREAMSIM) $(PREFIX) --remove

clean: ## removes what was built
	rm -rf .build demo
