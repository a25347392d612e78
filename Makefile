# make demo   everything a first look needs: set-up, build, weights, a ranking and its image
# make test   set-up, and all tests
# make test-page   the page of a real service in a real browser

SWIFT_BUILD = swift build -c release --product dreamsim
DREAMSIM = $$($(SWIFT_BUILD) --show-bin-path)/dreamsim

.PHONY: all setup build demo test test-page format lint check-readme bench-peers clean

all: build

setup:
	@Scripts/setup.sh

build: setup
	$(SWIFT_BUILD)

demo: build
	@mkdir -p demo
	$(DREAMSIM) compare Samples/scene.jpg Samples/shifted.jpg Samples/recolored.jpg Samples/blurred.jpg \
		Samples/noisy.jpg Samples/recompressed.jpg Samples/zoomed.jpg Samples/mirrored.jpg Samples/different.jpg \
		--sheet demo/ranking.png
	@echo
	@echo "The ranking as an image: demo/ranking.png"

# Some come by themselves: the downloads, which watch the clock, and what keeps all processors busy for a long time.
FULL_SIZE = 'FullSizeTests|PackagedModelTests|LearnedMetricTests|LiteTests|NightsGoldenTests'
DOWNLOADS = '^ModelStoreTests'
SWIFT_TEST = swift test -c release --disable-testable-imports

test: setup
	$(SWIFT_TEST) --skip $(FULL_SIZE) --skip $(DOWNLOADS)
	$(SWIFT_TEST) --skip-build --filter $(DOWNLOADS)
	$(SWIFT_TEST) --skip-build --filter $(FULL_SIZE)

# Images of every view, wide and narrow, light and dark, go to page-screenshots/.
test-page: build
	Scripts/page/run.sh

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Examples

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Examples

# Runs the commands of the README's 'sh' blocks, so that they cannot go stale.
check-readme: build
	Scripts/check_readme.sh

# Ours beside the Python reference, ONNX Runtime and OpenVINO; see Scripts/bench/peers.py.
bench-peers: setup
	Scripts/bench/run.sh

clean:
	rm -rf .build demo
