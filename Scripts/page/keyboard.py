"""All of the page by keys."""
from selenium.webdriver.common.keys import Keys

from service import make_disc, sample


def keyboard(browser, service):
    """Everything once more, without a mouse. Only the system's own window that chooses files is passed by."""
    browser.open()
    browser.press(Keys.TAB)
    assert browser.js("return document.activeElement.className") == "skip"
    browser.press(Keys.ENTER)
    browser.tab_to(".zone input")
    browser.choose(".zone input", sample("scene"), sample("shifted"), sample("different"))
    browser.wait(".rank", 2)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")
    browser.tab_to("li:nth-child(2) .rank")
    browser.press(Keys.ENTER)
    assert browser.js("return document.activeElement.getAttribute('aria-pressed')") == "true"
    look(browser)
    browser.tab_to("[data-of='Heat map'] input")
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.until(lambda: browser.js("return Boolean(document.querySelector('.sides figure:nth-child(2) .map:not([hidden])'))"), "the heat map")
    browser.tab_to(".slider input")
    browser.press(Keys.ARROW_RIGHT)
    assert browser.text(".slider output") == "61 %"
    visit(browser, "vote")
    for place, name in (("a", "shifted"), ("reference", "scene"), ("b", "different")):
        browser.tab_to(f".slot.{place} .zone input")
        browser.choose(f".slot.{place} .zone input", sample(name))
        browser.wait(f".slot.{place} img")
    browser.press(Keys.ARROW_LEFT)
    browser.wait_text("with you")
    assert "A" in browser.text(".you .mark")
    visit(browser, "search")
    browser.tab_to(".zone input")
    browser.choose(".zone input", sample("different"))
    browser.wait(".gallery li", 24)
    browser.tab_to(".gallery li:nth-child(2) .card")
    browser.press(Keys.ENTER)
    browser.wait("dialog[open]")
    browser.press(Keys.ESCAPE)
    browser.until(lambda: not browser.count("dialog[open]"), "the dialog to close")
    assert browser.js("return document.activeElement.matches('.card')"), "the focus is where it was"
    browser.tab_to(".pager button:last-child")
    browser.press(Keys.ENTER)
    browser.wait_text("25–43 of 43")
    visit(browser, "duplicates")
    browser.wait(".group", 2)
    browser.tab_to(".segments input")
    browser.press(Keys.ARROW_RIGHT)
    browser.until(lambda: browser.js("return document.querySelector('.segments input[value=near]').checked"), "another tier")
    browser.wait_text("Group 1")
    visit(browser, "cutout")
    browser.tab_to(".zone input")
    browser.choose(".zone input", make_disc(service.scratch / "disc.png"))
    browser.wait(".sides")
    browser.tab_to("[data-of='Result'] input")
    browser.press(Keys.ARROW_RIGHT)
    browser.wait(".sides img[alt='disc-mask.png']")
    visit(browser, "reports")
    browser.wait(".score")
    browser.tab_to(".report-list button")
    browser.press(Keys.ENTER)
    browser.wait(".score")
    visit(browser, "voting-room")
    browser.wait(".stage[aria-busy=false] .end")
    done = len(service.votes)
    browser.press("u")
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.tab_to(".choice.right")
    browser.press(Keys.ENTER)
    browser.wait(".stage[aria-busy=false] .end")
    assert len(service.votes) == done == 9


def look(browser):
    """Both images zoomed and moved, one over the other, and in turn."""
    browser.tab_to("[data-of='View'] input")
    browser.tab_to(".zoom button:nth-of-type(2)")
    browser.press(Keys.ENTER, Keys.ENTER)
    browser.tab_to(".sides")
    boxes = places(browser)
    assert boxes[0][2] > 1.9 * frame(browser)[2] and boxes[0][2:] == boxes[1][2:], boxes
    browser.press(Keys.ARROW_RIGHT)
    moved = places(browser)
    assert moved[0][0] < boxes[0][0] - 20 and [a[0] - b[0] for a, b in zip(moved, boxes)] == [moved[0][0] - boxes[0][0]] * 2, (boxes, moved)
    browser.press("0")
    assert abs(places(browser)[0][2] - frame(browser)[2]) < 1
    browser.tab_to("[data-of='View'] input", back=True)
    browser.press(Keys.ARROW_RIGHT)
    browser.tab_to(".view-more input[type=range]")
    browser.press(Keys.HOME)
    assert browser.js("return getComputedStyle(document.querySelector('.sides figure:last-child .frame')).clipPath") == "inset(0px 0px 0px 0%)"
    browser.tab_to("[data-of='View'] input", back=True)
    browser.press(Keys.ARROW_RIGHT)
    browser.tab_to(".view-more button")
    for shown in ("image", "reference"):
        browser.press(Keys.ENTER)
        assert browser.attributes(".sides", "data-shown") == [shown]
    browser.tab_to("[data-of='View'] input", back=True)
    browser.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert browser.attributes(".sides", "data-mode") == ["side"]


def frame(browser):
    return browser.js("const box = document.querySelector('.frame').getBoundingClientRect(); return [box.x, box.y, box.width]")


def places(browser):
    """Where both images are, as zoomed."""
    return browser.js("""return [...document.querySelectorAll('.frame > img:not(.map)')].map((image) => {
        const box = image.getBoundingClientRect();
        const frame = image.parentElement.getBoundingClientRect();
        return [box.x - frame.x, box.y - frame.y, box.width]; })""")


def visit(browser, view):
    """Goes to another part by Tab and Enter alone."""
    browser.tab_to(f"#views a[href='#{view}']", back=True)
    browser.press(Keys.ENTER)
    browser.wait(f"#views a[href='#{view}'][aria-current]")
    assert browser.js("return document.activeElement.tagName") in ("H1", "H2"), "the new part has the focus"
