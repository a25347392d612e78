"""All of the page by keys."""
from selenium.webdriver.common.keys import Keys

from service import sample


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
    browser.tab_to(".segments input")
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


def visit(browser, view):
    """Goes to another part by Tab and Enter alone."""
    browser.tab_to(f"#views a[href='#{view}']", back=True)
    browser.press(Keys.ENTER)
    browser.wait(f"#views a[href='#{view}'][aria-current]")
    assert browser.js("return document.activeElement.tagName") in ("H1", "H2"), "the new part has the focus"
