"""What the page says of numbers, and what it says to everybody that it once said to those who hear it only."""
from service import sample

PROFILE = """
    const distribution = (count) => ({ count, percentiles: Array.from({ length: 101 }, (_, i) => 0.2 + i / 1000) });
    const profile = (unrelated, related) => ({ landmarks: {
        dataSet: 'album', unrelated: distribution(unrelated), related: related ? distribution(related) : undefined } });
    const metric = (name, kind = 'metric') => ({ name, kind, identical: 0, direction: 'lower is more alike' });
"""


def numbers(browser, service):
    """How many pairs are behind a statement, and of which data set; nothing from a few; and which metric ranks at first."""
    browser.open()

    def of(expression):
        return browser.driver.execute_async_script(
            PROFILE + "const done = arguments[0]; import('/page/numbers.js').then((page) => done(" + expression + "))")

    assert of("page.meaning(metric('m'), 0.5, profile(1))") == "The 1 unrelated pair of ‘album’ is too few to say more."
    assert of("page.meaning(metric('m'), 0.5, profile(19))") == "The 19 unrelated pairs of ‘album’ are too few to say more."
    assert of("page.meaning(metric('m'), 0.5, profile(20))") == "Less similar than all 20 unrelated pairs, of ‘album’."
    assert of("page.meaning(metric('m'), 0.1, profile(1653, 30))") == (
        "Closer than all 1,653 unrelated pairs, and closer than all 30 pairs of an image and its variation, of ‘album’.")
    assert of("page.firstToRank([metric('l1'), metric('ssim'), metric('lpips-alex'), metric('ensemble', 'model')]).name") == "ensemble"
    assert of("page.firstToRank([metric('l1'), metric('ssim'), metric('lpips-alex')]).name") == "lpips-alex"
    assert of("page.firstToRank([metric('ssim'), metric('ensemble', 'model')]).name") == "ssim", "what was named first ranks"


def seen(browser):
    """The words that are shown to everybody, within the window."""
    return browser.js("""
        const told = document.getElementById('told');
        const box = told?.getBoundingClientRect();
        return told?.checkVisibility() && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth ? told.querySelector('p').innerText : ''""")


def wait_seen(browser, text):
    browser.until(lambda: text in seen(browser), f"'{text}' in view; there is '{seen(browser)}'", seconds=10)


def told(browser, service):
    """What is passed over, and why, is in view."""
    text = service.scratch / "list.txt"
    text.write_text("no image")
    photos = sorted(service.photos.glob("*.jpg"))
    browser.open()
    browser.transfer("drop", ".zone", text)
    wait_seen(browser, "‘list.txt’ was passed over")
    browser.look("told")
    browser.click("#told button")
    assert seen(browser) == "" and browser.js("return document.activeElement !== document.body")
    browser.transfer("drop", ".zone", text, sample("scene"))
    wait_seen(browser, "‘list.txt’ was passed over")
    browser.choose(".zone input", sample("shifted"))
    browser.until(lambda: seen(browser) == "", "what was told to be over")
    browser.wait(".metric", 3)
    for _ in range(3):
        browser.js("[...document.querySelectorAll('.chips input')].find((input) => input.checked).click()")
    wait_seen(browser, "At least one metric")
    # Of what can be scrolled to nothing stays below it.
    browser.js("scrollTo(0, document.documentElement.scrollHeight)")
    covered = browser.js("return document.querySelector('.bottom').getBoundingClientRect().bottom - document.getElementById('told').getBoundingClientRect().top")
    assert covered <= 0, f"{covered} pixels of the page are covered at its end"
    # The place for images is full.
    browser.open("search")
    browser.wait_text("43 images in the index")
    browser.choose(".zone input", *photos[:20])
    browser.wait(".gallery li", 24)
    wait_seen(browser, "16 of 20 images were taken: 16 images at most")
    assert browser.count(".tray .tile") == 16
    browser.look("told-search")
    browser.open("vote")
    browser.transfer("drop", ".slot.reference", *photos[:5])
    browser.wait("#question")
    wait_seen(browser, "3 of 5 images were taken")
    browser.open("duplicates")
    browser.wait(".group", 2)
    browser.transfer("drop", "main", sample("scene"))
    wait_seen(browser, "takes no images; open Compare, Vote or Search")
    browser.go("reports")
    browser.until(lambda: seen(browser) == "", "what was told to be over")
    limit = browser.driver.execute_async_script("fetch('/v1/service').then((one) => one.json()).then(({ limits }) => arguments[0](limits.images))")
    browser.go("compare")
    browser.js("""
        const [name, limit] = arguments;
        const transfer = new DataTransfer();
        for (let i = 0; i < limit + 3; i++) transfer.items.add(new File(['x'], `${i}.png`, { type: 'image/png' }));
        document.querySelector('main').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }))""", "x", limit)
    wait_seen(browser, f"{limit} of {limit + 3} images were taken")
