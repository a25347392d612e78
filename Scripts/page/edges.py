"""What the page says when something cannot be done."""
import contextlib
import functools
import json
import ssl
import urllib.error
import urllib.request

from selenium.webdriver.common.keys import Keys

from proxy import FOLDER, behind_nginx
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
    assert browser.js("return document.querySelector('.notice.bad').getAttribute('role')") == "alert", "it is told at once"
    browser.look("refusal")
    # Beside images that can be compared it is left out; it cannot be the reference, and alone it leaves nothing to compare.
    browser.open()
    browser.choose(".zone input", sample("scene"), broken)
    browser.wait_text("none.jpg was left out")
    browser.choose(".zone input", sample("shifted"))
    browser.wait(".metric", 3)
    browser.wait_text("none.jpg was left out")
    browser.click("[data-image='none.jpg'] figcaption button")
    browser.wait_text("The format is not supported")
    assert "none.jpg" in browser.text(".notice.bad") and not browser.count(".metric"), browser.text()
    # All pairs: the cells of the broken one say why they are empty.
    browser.js("document.querySelector('.segments input[value=pairs]').click()")
    browser.wait(".matrix td button", 6)
    texts = browser.texts(".matrix td button")
    assert texts.count("—") == 4 and len(texts) == 6, texts
    # Sizes that no chosen metric takes are offered to be brought to one.
    browser.open()
    browser.choose(".zone input", service.photos / "scene-00.jpg", sample("scene"))
    browser.wait(".metric", 3)
    browser.js("document.querySelectorAll('.chips input')[0].click()")
    browser.wait_text("scene.jpg was left out")
    assert "resize=" not in browser.text(".notice.bad"), browser.text(".notice.bad")
    browser.look("refusal-sizes")
    browser.click_text("256 × 256")
    browser.wait(".metric", 2)
    browser.until(lambda: not browser.count(".notice.bad"), "the values")
    # Somebody judges the same triplet in another window.
    browser.open("voting-room")
    browser.wait(".stage[aria-busy=false] .end")
    browser.press("u")
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.driver.execute_async_script("""
        const done = arguments[0];
        fetch('/v1/voting').then((answer) => answer.json()).then(({ trial }) =>
            fetch(`/v1/voting/judgments?trial=${trial.number}&choice=left`, { method: 'POST' })).then(() => done())""")
    browser.press(Keys.ARROW_RIGHT)
    browser.wait_text("judged in another window")
    browser.wait(".stage[aria-busy=false] .end")
    assert len(service.votes) == 9


def loading(browser, service):
    """While the models are not loaded yet the page says so, and continues by itself."""
    service.stop()
    with service.fetching_elsewhere():
        service.start("--log-format", "text")
        browser.address = service.address
        browser.driver.get("about:blank")
        browser.driver.get(f"{service.address}/#vote")
        browser.wait_text("The models are being loaded")
        browser.wait(".progress progress")
        try:
            raise AssertionError(f"ready: {urllib.request.urlopen(f'{service.address}/readyz').read()}")
        except urllib.error.HTTPError as error:
            assert error.code == 503 and int(error.headers["Retry-After"]) > 0 and json.load(error)["status"] == "not ready"
        browser.listen()
        browser.look("loading")
        assert not browser.count("#views a")
    browser.wait("#views a[href='#vote'][aria-current]")
    browser.wait_told("The models are loaded")
    assert browser.text("h1") == "Which is closer?"
    assert urllib.request.urlopen(f"{service.address}/readyz").status == 200
    service.stop()
    browser.faults()
    service.start()
    browser.address = service.address


def proxied(browser, service):
    """Behind nginx as the examples set it up, at a site of its own and in a folder, everything is found, below that folder alone."""
    trusting = (*service.usual, "--trust-proxy", "127.0.0.1")
    for example, options, keeps_path in [
            ("site.conf", (), False), ("folder.conf", (), False), ("folder.conf", ("--base-path", FOLDER), True)]:
        browser.faults()
        service.stop()
        service.start(*trusting, *options)
        below = FOLDER if example == "folder.conf" else ""
        # By TLS as the examples have it, once: nginx alone speaks it.
        scratch, with_tls = service.scratch / "nginx", not below
        with behind_nginx(example, service.address, scratch, keeps_path, with_tls) as site:
            fetch = functools.partial(
                urllib.request.urlopen, context=ssl.create_default_context(cafile=scratch / "site.pem") if with_tls else None)
            if below:
                # Without the slash the page's addresses would be those of another folder.
                answer = fetch(f"{site}{FOLDER}")
                assert answer.url == f"{site}{FOLDER}/", answer.url
                with contextlib.suppress(urllib.error.HTTPError):
                    raise AssertionError(f"{site}/ is {fetch(site + '/healthz').status}")
            document = json.load(fetch(f"{site}{below}/v1/openapi.json"))
            assert document["servers"] == [{"url": below or "/"}], document["servers"]
            browse(browser, f"{site}{below}")
            # What a client says of itself is not believed.
            lying = urllib.request.Request(f"{site}{below}/v1/metrics", headers={
                "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
            assert fetch(lying).status == 200
            assert not any("203.0.113.9" in line for line in service.log)
        browser.address = service.address
    service.stop()
    service.start()
    browser.address = service.address


def browse(browser, address):
    """Uses what a proxy could break: uploads, images, deep links."""
    browser.address = address
    browser.open()
    browser.choose(".zone input", sample("scene"), sample("shifted"), sample("different"))
    browser.wait(".metric", 3)
    browser.js("document.querySelector('[data-of=\"Heat map\"] input[value=image]').click()")
    browser.wait(".map:not([hidden])")
    browser.go("search")
    browser.wait_text("43 images in the index")
    browser.choose(".zone input", sample("scene"))
    browser.wait(".gallery img", 24)
    browser.loaded()
    browser.click(".gallery .card")
    browser.wait("dialog[open]")
    browser.go("reports")
    browser.wait(".score", 3)
    browser.open("voting-room")
    browser.wait(".stage[aria-busy=false]")
    browser.driver.get("about:blank")
    faults = browser.faults()
    assert not faults, "\n".join(faults)


def token(browser, service):
    """A service with a token has it asked for, and then shows everything, images too."""
    service.stop()
    service.start("--index", service.scratch / "photos.index", token="correct-horse-battery")
    browser.address = service.address
    browser.driver.get(f"{service.address}/#duplicates")
    browser.wait("dialog[open] input")
    browser.look("token")
    # Closed without one, there is a way to have it asked for again.
    browser.press(Keys.ESCAPE)
    browser.wait_text("answers only those who have its token")
    browser.look("token-dismissed")
    browser.click_text("Enter the token")
    browser.wait("dialog[open] input")
    # What no service has as its token is refused in words, before it is sent.
    for text, reason in (("", "Enter the token."), ("пароль-корректный", "‘п’ is none of them"), ("two words", "no spaces")):
        browser.find("dialog input").clear()
        browser.find("dialog input").send_keys(text, Keys.ENTER)
        browser.until(lambda: reason in browser.text("dialog"), f"'{reason}'", seconds=5)
    browser.look("token-refused")
    browser.find("dialog input").clear()
    browser.find("dialog input").send_keys("wrong-horse-battery", Keys.ENTER)
    browser.wait_text("does not accept that token")
    browser.press("correct-horse-battery", Keys.ENTER)
    browser.wait(".group", 2)
    browser.wait(".group img", 4)
    browser.until(lambda: browser.js("return [...document.querySelectorAll('.group img')].every((image) => image.naturalWidth > 0)"), "the images")
    browser.faults()
    browser.js("sessionStorage.clear()")
    service.stop()
    service.start()
    browser.address = service.address


def nothing(browser, service):
    """A service without index, reports and triplets says how to have them; and one that is gone is missed."""
    service.stop()
    service.start("--log-format", "text")
    browser.address = service.address
    for view in ("search", "duplicates", "cutout", "reports", "voting-room"):
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
