"""What is seen on small screens, at large magnification, with forced colors, and where one looks; and that the focus stays."""
import base64
import io

from PIL import Image, ImageChops
from selenium.webdriver.common.keys import Keys

from service import sample

# 1280 x 900 at 400 % is 320 x 225.
SCREENS = [(1280, 900), (375, 667), (320, 640), (320, 225)]


def show_pairs(browser, files):
    browser.open()
    browser.choose(".zone input", *files)
    browser.wait(".segments input[value=pairs]")
    browser.js("document.querySelector('.segments input[value=pairs]').click()")
    browser.wait(".matrix td button", len(files) * (len(files) - 1))
    browser.until(lambda: not browser.count(".progress"), "the end of the work")


def check_box(browser, name):
    """The page is no wider and no higher than what is seen of it; the matrix scrolls within its box."""
    page = browser.js("""
        const root = document.documentElement;
        const box = document.querySelector('.matrix-scroll');
        return { wide: root.scrollWidth, room: innerWidth, high: root.scrollHeight, end: Math.max(innerHeight, scrollY + document.querySelector('.bottom').getBoundingClientRect().bottom),
            inner: box.scrollWidth, outer: box.clientWidth, tall: box.clientHeight, window: innerHeight, right: box.getBoundingClientRect().right }""")
    assert page["wide"] <= page["room"], f"{name}: the page is {page['wide']} pixels wide on a screen of {page['room']}"
    assert page["high"] <= page["end"] + 1, f"{name}: there are {page['high'] - page['end']} pixels of nothing below the page"
    assert page["right"] <= page["room"] and page["tall"] < page["window"], f"{name}: the matrix is larger than the window: {page}"
    return page["inner"] > page["outer"]


def layout(browser, service):
    """All pairs of many images scroll in their box on every screen, and the page around them fits."""
    photos = sorted(service.photos.glob("*.jpg"))
    show_pairs(browser, photos[:6])
    for width, height in SCREENS[1:]:
        browser.size(width, height)
        check_box(browser, f"6 images at {width} x {height}")
    browser.size()
    show_pairs(browser, photos[:25])
    for width, height in SCREENS:
        browser.size(width, height)
        assert check_box(browser, f"25 images at {width} x {height}"), "all of 25 columns fit?"
        # The last cell can be reached within the box.
        browser.js("document.querySelector('.matrix tr:last-child td:nth-last-child(2) button').scrollIntoView({ block: 'center', inline: 'center' })")
        assert in_view(browser, ".matrix tr:last-child td:nth-last-child(2) button") and browser.js("return scrollX") == 0
        screenshot(browser, f"pairs-25-{width}x{height}")
    browser.size()
    # The pair of a cell is shown where one looks, and a button leads to the cell again.
    browser.click(".matrix tr:nth-child(3) td:nth-child(8) button")
    browser.wait(".pair .metric", 3)
    browser.until(lambda: in_view(browser, ".pair h2"), "the pair in view")
    screenshot(browser, "pairs-25-chosen")
    browser.click_text("Back to all pairs")
    browser.until(lambda: in_view(browser, ".matrix [aria-pressed=true]"), "the cell in view")
    assert browser.js("return document.activeElement.matches('.matrix [aria-pressed=true]')")
    browser.js("document.querySelector('.segments input[value=reference]').click()")
    browser.wait(".rank", 24)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")
    browser.click("ol li:nth-child(3) .rank")
    browser.until(lambda: in_view(browser, ".pair h2"), "the pair in view")
    browser.click_text("Back to the ranking")
    browser.until(lambda: in_view(browser, ".rank[aria-pressed=true]"), "the place in view")
    # Work is shown at the edge of the window when its own place is not in it.
    with browser.slow_network(seconds=3):
        browser.js("""scrollTo(0, 0); const select = document.querySelector('.controls select');
            select.value = '256'; select.dispatchEvent(new Event('change'))""")
        browser.wait(".progress progress")
        assert in_view(browser, ".progress progress"), "the bar is not in the window at the top of the page"
        screenshot(browser, "progress")
        browser.js("scrollTo(0, document.documentElement.scrollHeight)")
        assert in_view(browser, ".progress progress"), "the bar is not in the window at the end of the page"
        browser.wait(".progress", seconds=1)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")


def in_view(browser, selector):
    """Whether all of an element is within the window, and nothing lies over it."""
    return browser.js("""
        const element = document.querySelector(arguments[0]);
        if (!element) return false;
        const box = element.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth && element.contains(top)""", selector)


def screenshot(browser, name):
    data = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]
    (browser.screenshots / f"{name}.png").write_bytes(base64.b64decode(data))


# Which of two states an element is in, for what shows it.
STATES = {
    "link": ("#views a[href='#compare']", "e.toggleAttribute('aria-current')"),
    "segment": (".segments label:first-of-type", "e.querySelector('input').checked = !e.querySelector('input').checked"),
    "chip": (".chips label:first-of-type", "e.querySelector('input').checked = !e.querySelector('input').checked"),
    "rank": (".rank", "e.setAttribute('aria-pressed', String(e.getAttribute('aria-pressed') !== 'true'))"),
    "tile": (".tile", "e.classList.toggle('reference')"),
    "cell": (".matrix td button", "e.setAttribute('aria-pressed', String(e.getAttribute('aria-pressed') !== 'true'))"),
    "bar": (".metric .fill", "e.hidden = !e.hidden"),
    "thin bar": (".rank .fill", "e.hidden = !e.hidden"),
    "report": (".report-list button", "e.setAttribute('aria-pressed', String(e.getAttribute('aria-pressed') !== 'true'))"),
    "choice": (".choice", "e.classList.toggle('chosen')"),
}


def colors(browser, service):
    """With colors that the system forces, what is chosen still differs from what is not."""
    for scheme in ("light", "dark"):
        browser.theme(scheme, forced="active")
        browser.open()
        browser.choose(".zone input", sample("scene"), sample("shifted"), sample("different"))
        browser.wait(".metric", 3)
        browser.loaded()
        screenshot(browser, f"forced-{scheme}-compare")
        for name in ("link", "segment", "chip", "rank", "tile", "bar", "thin bar"):
            check_state(browser, name)
        browser.js("document.querySelector('.segments input[value=pairs]').click()")
        browser.wait(".matrix td button", 6)
        check_state(browser, "cell")
        screenshot(browser, f"forced-{scheme}-pairs")
        browser.open("reports")
        browser.wait(".score", 3)
        check_state(browser, "report")
        screenshot(browser, f"forced-{scheme}-reports")
        browser.open("voting-room")
        browser.wait(".choice", 2)
        browser.loaded()
        check_state(browser, "choice")
        screenshot(browser, f"forced-{scheme}-voting-room")
    browser.theme("light")


def check_state(browser, name):
    selector, toggle = STATES[name]
    browser.js("document.activeElement.blur(); document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector)
    images = [picked(browser, selector)]
    browser.js(f"const e = document.querySelector(arguments[0]); {toggle}", selector)
    images.append(picked(browser, selector))
    browser.js(f"const e = document.querySelector(arguments[0]); {toggle}", selector)
    difference = ImageChops.difference(*images).convert("L").point(lambda value: 255 if value > 40 else 0)
    count = sum(1 for value in difference.getdata() if value)
    assert count >= 40, f"forced colors: only {count} pixels tell whether the {name} is chosen"


def picked(browser, selector):
    """The pixels of an element and a little around it, which stay where they are when it is hidden."""
    box = browser.js("""
        const box = (document.querySelector(arguments[0]).closest('.track') ?? document.querySelector(arguments[0])).getBoundingClientRect();
        return { x: box.x + scrollX - 4, y: box.y + scrollY - 4, width: box.width + 8, height: box.height + 8, scale: 1 }""", selector)
    data = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": box})["data"]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def focus(browser, service):
    """The focus stays where the work is when what had it is replaced."""
    browser.open()
    browser.choose(".zone input", *[sample(name) for name in ("scene", "shifted", "different", "blurred")])
    browser.wait(".rank", 3)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")
    for left in (3, 2, 1, 0):
        browser.js("document.querySelector('.tile:last-of-type .remove').focus()")
        browser.press(Keys.ENTER)
        browser.until(lambda: browser.count(".tile") == left, f"{left} images")
        held(browser, "removing an image")
        browser.until(lambda: not browser.count(".progress"), "the end of the work")
        held(browser, "the work after removing an image")
    assert browser.js("return document.activeElement.type") == "file", "without images the place to add some has the focus"
    browser.choose(".zone input", *[sample(name) for name in ("scene", "shifted", "different")])
    browser.wait(".rank", 2)
    browser.js("document.querySelector('.clear').focus()")
    browser.press(Keys.ENTER)
    browser.until(lambda: browser.count(".tile") == 0, "no images")
    held(browser, "removing all images")
    # Stopping work, and starting it again.
    with browser.slow_network(seconds=3):
        browser.choose(".zone input", *[sample(name) for name in ("scene", "shifted", "different")])
        browser.wait(".progress button")
        browser.js("document.querySelector('.progress button').focus()")
        browser.press(Keys.ENTER)
        browser.wait_text("Stopped.")
        held(browser, "stopping work")
        assert browser.js("return document.activeElement.textContent") == "Compare again"
    browser.press(Keys.ENTER)
    browser.wait(".rank", 2)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")
    held(browser, "work that was started again")
    browser.open("vote")
    browser.transfer("drop", ".slot.reference", sample("scene"), sample("shifted"), sample("different"))
    browser.wait("#question")
    browser.js("document.querySelector('.slot.a .remove').focus()")
    browser.press(Keys.ENTER)
    browser.wait(".slot.a input")
    held(browser, "removing an image to vote on")
    browser.open("search")
    browser.wait_text("43 images in the index")
    browser.choose(".zone input", sample("scene"), sample("different"))
    browser.wait(".gallery li", 24)
    for left in (1, 0):
        browser.js("document.querySelector('.tray .remove').focus()")
        browser.press(Keys.ENTER)
        browser.until(lambda: browser.count(".tray .tile") == left and not browser.count(".progress"), f"{left} images")
        held(browser, "removing an image to search for")
    browser.open("voting-room")
    browser.wait(".stage[aria-busy=false] .choice", 2)
    for done, (side, key) in enumerate([("left", Keys.ENTER), ("left", Keys.ENTER), ("right", Keys.SPACE)], 1):
        browser.js("document.querySelector(arguments[0]).focus()", f".choice.{side}")
        browser.press(key)
        browser.until(lambda: f"{done} of 9" in browser.text(".stage-foot"), f"judgment {done}")
        browser.wait(".stage[aria-busy=false] .choice", 2)
        assert browser.js("return document.activeElement.matches(arguments[0])", f".choice.{side}"), "the focus is on the same side of the next"
    for left in (2, 1, 0):
        browser.js("[...document.querySelectorAll('.stage-foot button')].find((button) => button.textContent.startsWith('Undo')).focus()")
        browser.press(Keys.ENTER)
        browser.until(lambda: f"{left} of 9" in browser.text(".stage-foot"), f"{left} judgments")
        browser.wait(".stage[aria-busy=false] .choice", 2)
        held(browser, "taking a judgment back")


def held(browser, what):
    where = browser.js("return document.activeElement.outerHTML.slice(0, 80)")
    assert not where.startswith("<body"), f"the focus falls to the body after {what}"
