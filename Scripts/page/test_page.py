"""Drives the page as people do: `test_page.py DREAMSIM [SCENARIO…]`. Ends with an error at the first thing that is not so."""
import pathlib
import shutil
import sys
import tempfile
import time

from browser import Browser
from edges import loading, nothing, proxied, refusals, token
from keyboard import keyboard
from layout import colors, focus, layout
from looking import heatmap, scale, sizes, viewer
from service import ROOT, Service
from static import pages
from views import compare, cutout, duplicates, indexes, many, pairs, reports, search, vote, voting_room
from words import numbers, told

SCREENSHOTS = ROOT / "page-screenshots"

# Later ones build on the judgments of the voting room.
SCENARIOS = [
    compare, numbers, told, layout, colors, focus, many, pairs, sizes, heatmap, viewer, scale, vote, search, duplicates, indexes, pages,
    cutout, reports, voting_room, keyboard, refusals, proxied, loading, token, nothing]


def main():
    wanted = sys.argv[2:]
    shutil.rmtree(SCREENSHOTS, ignore_errors=True) if not wanted else None
    SCREENSHOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dreamsim-page-") as scratch:
        start = time.monotonic()
        service = Service(sys.argv[1], pathlib.Path(scratch))
        print(f"ready after {time.monotonic() - start:.1f} s: {service.address}", flush=True)
        browser = Browser(service.address, SCREENSHOTS)
        try:
            for scenario in SCENARIOS:
                if wanted and scenario.__name__ not in wanted:
                    continue
                begin = time.monotonic()
                try:
                    scenario(browser, service)
                    faults = browser.faults(expected={refusals: (400, 415, 422), told: (415,), token: (401,), cutout: (422,)}.get(scenario, ()))
                    assert not faults, "\n".join(faults)
                except BaseException:
                    browser.driver.save_screenshot(str(SCREENSHOTS / f"failed-{scenario.__name__}.png"))
                    print(f"{scenario.__name__}: failed", *browser.faults()[:20], sep="\n  ", flush=True)
                    print("the service said:", "".join(service.log[-15:]), sep="\n", flush=True)
                    raise
                print(f"{scenario.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
        finally:
            browser.close()
            service.stop()
        print(f"all is well: {browser.requests} requests, {len(list(SCREENSHOTS.glob('*.png')))} images, "
              f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
