"""Drives the page as people do: `test_page.py DREAMSIM [SCENARIO…]`. Ends with an error at the first thing that is not so."""
import pathlib
import shutil
import sys
import tempfile
import time

from selenium.webdriver.common.keys import Keys

from browser import Browser
from service import ROOT, SAMPLES, MODEL, Service

SCREENSHOTS = ROOT / "page-screenshots"


def sample(name):
    return SAMPLES / f"{name}.jpg"


def compare(browser, service):
    browser.open()
    browser.look("compare-empty")
    assert browser.js("return document.querySelector('h1').textContent") == "How alike are they?"
    # One by the file chooser, some dropped, one pasted.
    browser.choose(".zone input", sample("scene"))
    browser.wait(".tile", 1)
    browser.wait_text("One more image")
    browser.transfer("drop", ".zone", sample("shifted"), sample("different"))
    browser.wait(".tile", 3)
    browser.transfer("drop", "main", sample("blurred"))
    browser.wait(".tile", 4)
    browser.transfer("paste", "body", sample("mirrored"))
    browser.wait(".tile", 5)
    browser.wait(".rank", 4)
    browser.until(lambda: not browser.all(".progress"), "the end of the work")
    names = [row.text for row in browser.all(".rank .name")]
    assert names[-1] == "different.jpg", names
    assert len(browser.all(".metric")) == 3, "one number for each metric"
    values = [float(cell.text) for cell in browser.all(".rank .figure")]
    assert values == sorted(values) and values[0] >= 0, values
    # The numbers are the command's.
    told = service.run("compare", sample("scene"), sample("different"), "--model", MODEL, "--format", "json")
    assert f"{values[-1]:.3g}" in told or any(
        abs(float(part) - values[-1]) < 0.001 for part in told.replace(",", " ").split() if part.replace(".", "").isdigit()), told
    assert "loser than" in browser.text(".metrics"), "what the number means"
    browser.loaded()
    browser.look("compare")
    browser.click("ol li:last-child .rank")
    assert browser.one("ol li:last-child .rank").get_attribute("aria-pressed") == "true"
    browser.wait(".sides figure:nth-child(2) img[alt='different.jpg']")
    # Another reference.
    browser.click("[data-image='different.jpg'] figcaption button")
    browser.until(lambda: browser.text(".tile.reference .name") == "different.jpg", "another reference")
    browser.until(lambda: len(browser.all(".rank")) == 4 and not browser.all(".progress"), "the new ranking")
    # Fewer metrics, and a file that is no image.
    browser.js("document.querySelectorAll('.chips input')[2].click()")
    browser.until(lambda: len(browser.all(".metric")) == 2, "two metrics")
    broken = service.scratch / "broken.jpg"
    broken.write_bytes(b"this is no image")
    browser.choose(".zone input", broken)
    browser.wait_text("broken.jpg was left out")
    browser.look("compare-broken")


def sizes(browser, service):
    """Images of different sizes, which metrics of pixels refuse until they are brought to one."""
    browser.open()
    browser.choose(".zone input", service.photos / "scene-00.jpg", sample("scene"))
    browser.wait(".metric", 3)
    assert len(browser.all(".meaning.problem")) == 2, browser.text(".metrics")
    browser.look("compare-sizes")
    browser.click_text("squares of 256")
    browser.until(lambda: browser.all(".metric") and not browser.all(".meaning.problem"), "values of all metrics")


def heatmap(browser, service):
    browser.open()
    browser.choose(".zone input", sample("scene"), sample("zoomed"))
    browser.wait(".segments")
    for side, place in (("image", 2), ("reference", 1)):
        browser.js(f"document.querySelector('.segments input[value={side}]').click()")
        browser.until(lambda: browser.js(f"""const map = document.querySelector('.sides figure:nth-child({place}) .map');
            return !map.hidden && map.complete && map.naturalWidth > 0"""), f"the map over the {side}")
        size = browser.js(f"""return [...document.querySelectorAll('.sides figure:nth-child({place}) img')]
            .map((image) => `${{image.naturalWidth}}x${{image.naturalHeight}}`)""")
        assert size[0] == size[1], size
        boxes = browser.js(f"""return [...document.querySelectorAll('.sides figure:nth-child({place}) img')]
            .map((image) => JSON.stringify(image.getBoundingClientRect()))""")
        assert boxes[0] == boxes[1], "the map lies on its picture"
        if side == "image":
            browser.look("heatmap")
    slider = browser.one(".slider input")
    slider.send_keys(Keys.HOME)
    assert browser.js("return getComputedStyle(document.querySelector('.map:not([hidden])')).opacity") == "0"
    for _ in range(30):
        slider.send_keys(Keys.ARROW_RIGHT)
    assert browser.text(".slider output") == "30 %", browser.text(".slider")
    assert browser.js("return getComputedStyle(document.querySelector('.map:not([hidden])')).opacity") == "0.3"
    browser.js("document.querySelector('.segments input[value=off]').click()")
    assert browser.js("return [...document.querySelectorAll('.map')].every((map) => map.hidden)")


def vote(browser, service):
    browser.open("vote")
    browser.look("vote-empty")
    browser.transfer("drop", ".slot.reference", sample("scene"), sample("shifted"), sample("different"))
    browser.wait("#question")
    browser.loaded()
    assert not browser.all(".votes"), "metrics say nothing before the person does"
    browser.look("vote-question")
    browser.click_text("A is closer")
    browser.wait(".votes tbody tr", 4)
    rows = browser.text(".votes")
    assert "You" in rows and MODEL in rows, rows
    # A row of the table that says that the model agrees.
    assert browser.js("return document.querySelectorAll('.votes tbody tr')[1].querySelector('.mark').textContent") == "A"
    browser.loaded()
    browser.look("vote-answer")


def search(browser, service):
    browser.open("search")
    browser.wait_text("43 images in the index")
    browser.look("search-empty")
    browser.choose(".zone input", sample("scene"))
    browser.wait(".gallery li", 24)
    first = [card.get_attribute("aria-label") for card in browser.all(".gallery .card")]
    assert first[0].startswith(("scene-", "copy-of-scene")), first[0]
    browser.loaded()
    browser.look("search")
    browser.click_text("Next")
    browser.until(lambda: len(browser.all(".gallery li")) == 19, "the second page")
    second = [card.get_attribute("aria-label") for card in browser.all(".gallery .card")]
    assert not set(first) & set(second) and len(first + second) == 43
    assert "25–43 of 43" in browser.text(".pager")
    browser.click(".gallery .card")
    browser.wait("dialog[open]")
    browser.loaded()
    browser.look("search-detail")
    browser.click_text("More like this one")
    browser.wait_text("More like it")
    browser.until(lambda: len(browser.all(".gallery li")) == 24, "what is like an image of the index")


def duplicates(browser, service):
    browser.open("duplicates")
    browser.wait(".group", 2)
    text = browser.text()
    assert "copy-of-scene-00.jpg" in text and "scene-01-again.jpg" in text, text
    browser.loaded()
    browser.look("duplicates")
    browser.js("document.querySelector('.segments input[value=identical-pixels]').click()")
    browser.until(lambda: len(browser.all(".group")) == 1, "the only two files that are the same")


def reports(browser, service):
    browser.open("reports")
    browser.wait(".score", 3)
    assert "samples" in browser.text(".report h2")
    browser.look("reports")


def voting_room(browser, service):
    browser.open("voting-room")
    browser.wait(".choice", 2)
    browser.loaded()
    browser.look("voting-room")
    assert not any(word in browser.js("return document.documentElement.outerHTML") for word in ("blurred.png", "cropped.png"))
    assert "0 of 9 judgements" in browser.text(".stage-foot"), browser.text(".stage-foot")
    browser.click(".choice.left")
    browser.wait_text("1 of 9 judgements")
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.press(Keys.ARROW_RIGHT)
    browser.wait_text("2 of 9 judgements")
    assert len(service.votes) == 2
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.press("u")
    browser.wait_text("1 of 9 judgements")
    assert len(service.votes) == 1
    # The service is started anew, and goes on where it was.
    service.stop()
    browser.faults()
    service.start()
    browser.address = service.address
    browser.open("voting-room")
    browser.wait_text("1 of 9 judgements")
    for done in range(2, 10):
        browser.wait(".stage[aria-busy=false] .choice", 2)
        browser.press(Keys.ARROW_LEFT)
        browser.until(lambda: f"{done} of 9 judgements" in browser.text(".stage-foot"), f"judgement {done}")
    browser.wait(".end")
    votes = service.votes
    assert len(votes) == 9 and len({row["id"] for row in votes}) == 9
    assert [row["split"] for row in votes].count("repeat") == 3
    for row in votes:
        # Whoever always chooses the left one chooses each of the two once when they are swapped.
        left = row["vote"] == row["swapped"]
        assert left or row is votes[0] or row is votes[1], row
    assert "that came twice you judged" in browser.text(".end")
    browser.look("voting-room-end")
    table = service.triplets / "triplets.votes.csv"
    service.run("evaluate", "triplets", table, "--metric", "mse", "--no-cache")


def keyboard(browser, service):
    """Everything once more, without a mouse. Only the system's own window that chooses files is passed by."""
    browser.open()
    browser.press(Keys.TAB)
    assert browser.js("return document.activeElement.className") == "skip"
    browser.press(Keys.ENTER)
    browser.tab_to(".zone input")
    browser.choose(".zone input", sample("scene"), sample("shifted"), sample("different"))
    browser.wait(".rank", 2)
    browser.until(lambda: not browser.all(".progress"), "the end of the work")
    browser.tab_to("li:nth-child(2) .rank")
    browser.press(Keys.ENTER)
    assert browser.js("return document.activeElement.getAttribute('aria-pressed')") == "true"
    browser.tab_to(".segments input")
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.until(lambda: browser.js("return Boolean(document.querySelector('.sides figure:nth-child(2) .map:not([hidden])'))"), "the heat map")
    browser.tab_to(".slider input")
    browser.press(Keys.ARROW_RIGHT)
    assert browser.text(".slider output") == "61 %"
    browser.js("document.activeElement.blur(); scrollTo(0, 0)")
    browser.tab_to("#views a[href='#vote']")
    browser.press(Keys.ENTER)
    browser.wait(".slot.reference .zone")
    for place, name in (("a", "shifted"), ("reference", "scene"), ("b", "different")):
        browser.tab_to(f".slot.{place} .zone input")
        browser.choose(f".slot.{place} .zone input", sample(name))
        browser.wait(f".slot.{place} img")
    browser.js("document.activeElement.blur()")
    browser.press(Keys.ARROW_LEFT)
    browser.wait_text("chose as you did")
    assert "A" in browser.text(".you .mark")
    browser.go("search")
    browser.tab_to(".zone input")
    browser.choose(".zone input", sample("different"))
    browser.wait(".gallery li", 24)
    browser.tab_to(".gallery li:nth-child(2) .card")
    browser.press(Keys.ENTER)
    browser.wait("dialog[open]")
    browser.press(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog[open]"), "the dialog to close")
    assert browser.js("return document.activeElement.matches('.card')"), "the focus is where it was"
    browser.tab_to(".pager button:last-child")
    browser.press(Keys.ENTER)
    browser.wait_text("25–43 of 43")
    browser.go("duplicates")
    browser.wait(".group", 2)
    browser.tab_to(".segments input")
    browser.press(Keys.ARROW_RIGHT)
    browser.wait_text("Group 1")
    browser.go("reports")
    browser.wait(".score")
    browser.tab_to(".report-list button")


def refusals(browser, service):
    """What cannot be done is said in words. The only part that is to have failing requests."""
    browser.open("vote")
    broken = service.scratch / "none.jpg"
    broken.write_bytes(b"no image either")
    browser.transfer("drop", ".slot.reference", broken, sample("shifted"), sample("different"))
    browser.wait("#question")
    browser.click_text("B is closer")
    browser.wait(".notice.bad")
    text = browser.text(".notice.bad")
    assert "none.jpg" in text and "{" not in text, text
    browser.look("refusal")


def token(browser, service):
    """A service with a token has it asked for, and then shows everything, pictures too."""
    service.stop()
    service.start("--index", service.scratch / "photos.index", token="correct-horse-battery")
    browser.address = service.address
    browser.driver.get(f"{service.address}/#duplicates")
    browser.wait("dialog[open] input")
    browser.look("token")
    browser.press("wrong-horse-battery", Keys.ENTER)
    browser.wait_text("does not accept that token")
    browser.press("correct-horse-battery", Keys.ENTER)
    browser.wait(".group", 2)
    browser.wait(".group img", 4)
    browser.until(lambda: browser.js("return [...document.querySelectorAll('.group img')].every((image) => image.naturalWidth > 0)"), "the pictures")
    browser.faults()
    browser.js("sessionStorage.clear()")
    service.stop()
    service.start()
    browser.address = service.address


def nothing(browser, service):
    """A service without index, reports and triplets says how to have them; and one that is gone is missed."""
    service.stop()
    service.start("--quiet")
    browser.address = service.address
    for view in ("search", "duplicates", "reports", "voting-room"):
        browser.open(view)
        browser.wait_text("service with")
    browser.look("nothing")
    browser.open("compare")
    service.stop()
    browser.faults()
    browser.choose(".zone input", sample("scene"), sample("shifted"))
    browser.wait_text("The service does not answer")
    browser.driver.get_log("performance"), browser.driver.get_log("browser")
    service.start()
    browser.address = service.address


SCENARIOS = [compare, sizes, heatmap, vote, search, duplicates, reports, voting_room, keyboard, refusals, token, nothing]


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
                    faults = browser.faults(expected={refusals: (415, 422), token: (401,)}.get(scenario, ()))
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
        print(f"all is well: {browser.requests} requests, {len(list(SCREENSHOTS.glob('*.png')))} pictures, "
              f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
