"""What the page says when something cannot be done."""
from selenium.webdriver.common.keys import Keys

from service import sample


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
    # Somebody judges the same triplet in another window.
    browser.open("voting-room")
    browser.wait(".stage[aria-busy=false] .end")
    browser.press("u")
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.driver.execute_async_script("""
        const done = arguments[0];
        fetch('/v1/voting').then((answer) => answer.json()).then(({ trial }) =>
            fetch(`/v1/voting/judgements?trial=${trial.number}&choice=left`, { method: 'POST' })).then(() => done())""")
    browser.press(Keys.ARROW_RIGHT)
    browser.wait_text("judged in another window")
    browser.wait(".stage[aria-busy=false] .end")
    assert len(service.votes) == 9


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
