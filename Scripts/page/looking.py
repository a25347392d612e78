"""Two images, looked at closely, and where they differ."""
import json

from selenium.webdriver.common.keys import Keys

from keyboard import frame, places
from saving import saved_blob
from service import MODEL, sample


def sizes(browser, service):
    """Images of different sizes, which metrics of pixels refuse until they are brought to one."""
    browser.open()
    browser.choose(".zone input", service.photos / "scene-00.jpg", sample("scene"))
    browser.wait(".metric", 3)
    assert browser.count(".meaning.problem") == 2, browser.text(".metrics")
    browser.look("compare-sizes")
    browser.click_text("256 × 256")
    browser.until(lambda: browser.count(".metric") and not browser.count(".meaning.problem"), "values of all metrics")


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
        assert boxes[0] == boxes[1], "the map lies on its image"
        if side == "image":
            browser.look("heatmap")
    slider = browser.find(".slider input")
    slider.send_keys(Keys.HOME)
    assert browser.js("return getComputedStyle(document.querySelector('.map:not([hidden])')).opacity") == "0"
    for _ in range(30):
        slider.send_keys(Keys.ARROW_RIGHT)
    assert browser.text(".slider output") == "30 %", browser.text(".slider")
    assert browser.js("return getComputedStyle(document.querySelector('.map:not([hidden])')).opacity") == "0.3"
    browser.js("document.querySelector('.segments input[value=off]').click()")
    assert browser.js("return [...document.querySelectorAll('.map')].every((map) => map.hidden)")


def viewer(browser, service):
    """A pair looked at closely: side by side, with a divider, in turn; zoomed and moved together with its heat map."""
    browser.open()
    browser.choose(".zone input", sample("scene"), sample("zoomed"), sample("shifted"))
    browser.wait(".metric", 3)
    browser.loaded()
    # The same place of both, by the wheel with Control and by dragging.
    browser.js("""
        const frame = document.querySelector('.frame');
        frame.scrollIntoView({ block: 'center' });
        const box = frame.getBoundingClientRect();
        frame.dispatchEvent(new WheelEvent('wheel', { ctrlKey: true, deltaY: -300, clientX: box.x + 10, clientY: box.y + 10, bubbles: true, cancelable: true }))""")
    before = places(browser)
    assert before[0] == before[1] and before[0][2] > 3 * frame(browser)[2], before
    assert abs(before[0][0]) < 60 and abs(before[0][1]) < 60, f"what is under the pointer stays there: {before}"
    drag(browser, ".frame", (0.7, 0.7), (0.3, 0.5))
    after = places(browser)
    assert after[0] == after[1] and abs(after[0][0] - before[0][0] + 0.4 * frame(browser)[2]) < 3, (before, after)
    browser.js("document.querySelector('[data-of=\"Heat map\"] input[value=image]').click()")
    browser.until(lambda: browser.js("const map = document.querySelector('.sides figure:nth-child(2) .map'); return !map.hidden && map.complete"), "the map")
    boxes = browser.js("""return [...document.querySelectorAll('.sides figure:nth-child(2) .frame > img')].map((image) => JSON.stringify(image.getBoundingClientRect()))""")
    assert boxes[0] == boxes[1], "the map is zoomed with its image"
    browser.look("viewer-zoomed")
    # Another pair is looked at in the same place.
    browser.click("ol li:last-child .rank")
    browser.until(lambda: browser.text(".sides figure:last-child .name") != browser.text("ol li:first-child .name"), "the other pair")
    assert places(browser)[0] == after[0], (places(browser), after)
    browser.click_text("Fit")
    browser.click_text("Pixels")
    wide, natural = browser.js("const image = document.querySelector('.frame > img'); return [image.getBoundingClientRect().width, image.naturalWidth]")
    shown = browser.js("""const [image, frame] = ['.frame > img', '.frame'].map((one) => document.querySelector(one));
        return Math.min(frame.clientWidth / image.naturalWidth, frame.clientHeight / image.naturalHeight) * image.getBoundingClientRect().width / frame.clientWidth""")
    assert abs(shown - 1) < 0.01, (wide, natural, shown)
    browser.click_text("Fit")
    # A divider, by dragging.
    browser.js("document.querySelector('[data-of=View] input[value=swipe]').click()")
    drag(browser, ".frame", (0.5, 0.5), (0.25, 0.5))
    boxes = browser.js("return [...document.querySelectorAll('.frame')].map((one) => JSON.stringify(one.getBoundingClientRect()))")
    assert boxes[0] == boxes[1], "one lies on the other"
    cut = browser.js("return parseFloat(getComputedStyle(document.querySelector('.sides figure:last-child .frame')).clipPath.split(' ').at(-1))")
    assert abs(cut - 25) < 1, cut
    assert abs(float(browser.js("return document.querySelector('.view-more input').value")) - 25) < 1.1
    browser.look("viewer-swipe")
    # In turn, by itself and by hand.
    browser.js("document.querySelector('[data-of=View] input[value=blink]').click()")
    assert not browser.js("return document.querySelector('.view-more input').checked"), "nothing moves for those who want that"
    browser.click_text("Show the other")
    browser.look("viewer-blink")
    browser.js("window.shown = []; new MutationObserver(() => shown.push(document.querySelector('.sides').dataset.shown)).observe(document.querySelector('.sides'), { attributes: true, attributeFilter: ['data-shown'] })")
    browser.click(".view-more input")
    browser.until(lambda: len(browser.js("return shown")) >= 3, "images in turn")
    assert browser.js("return shown.slice(0, 3)") == ["reference", "image", "reference"]
    browser.click(".view-more input")
    browser.js("document.querySelector('[data-of=View] input[value=side]').click()")
    # The files themselves.
    assert browser.driver.execute_async_script("""
        const [link, done] = [document.querySelector('.sides figcaption a'), arguments[0]];
        const image = new Image();
        image.onload = () => done([link.target, image.naturalWidth, image.naturalHeight]);
        image.src = link.href""") == ["_blank", 480, 480]


def scale(browser, service):
    """A heat map with the same scale for every pair, and its files."""
    browser.open()
    browser.choose(".zone input", sample("scene"), sample("shifted"), sample("different"))
    browser.wait(".metric", 3)
    browser.js("document.querySelector('[data-of=\"Heat map\"] input[value=image]').click()")
    browser.wait(".color-scale")
    largest = float(browser.js("return document.querySelector('.heat input[type=number]').value"))
    browser.click(".heat .controls input[type=checkbox]")
    browser.wait_text("the same for every pair")
    browser.js("const end = document.querySelector('.heat input[type=number]'); end.value = '0.5'; end.dispatchEvent(new Event('change'))")
    browser.wait_text("0.5 and more")
    browser.look("heatmap-scale")
    # It lies over the next pair too.
    browser.click("ol li:last-child .rank")
    browser.wait(".sides figure:last-child img[alt='different.jpg']")
    browser.wait(".sides figure:last-child .map:not([hidden])")
    browser.wait_text("0.5 and more")
    image = saved_blob(browser, "Save heat map")
    assert image["type"] == "image/png" and image["size"] > 10000, image
    values = saved_blob(browser, "Save its values as JSON")
    report = json.loads(values["text"])
    field = report["maps"][0]
    assert len(field["values"]) == field["width"] * field["height"] > 0, {name: str(value)[:60] for name, value in report.items()}
    told = json.loads(service.run("compare", sample("scene"), sample("different"), "--model", MODEL, "--format", "json"))
    assert abs(report["value"] - told["results"][0]["values"][MODEL]) < 1e-4 and largest > 0


def drag(browser, selector, start, end):
    """Drags from one point of an element to another, each as parts of its width and height."""
    browser.js("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector)
    box = browser.js("const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.x, box.y, box.width, box.height]", selector)
    points = [(box[0] + part[0] * box[2], box[1] + part[1] * box[3]) for part in (start, end)]
    for kind, (x, y), buttons in (("mousePressed", points[0], 1), ("mouseMoved", points[1], 1), ("mouseReleased", points[1], 0)):
        browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {
            "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1})
