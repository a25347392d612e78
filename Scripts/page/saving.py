"""What the page lets the browser save."""
import csv


def saved_table(browser, button):
    """What a button lets the browser save, as rows."""
    return list(csv.reader(saved_file(browser, lambda: browser.click(button))["text"].splitlines()))


def saved_blob(browser, text):
    """What a button with a text lets the browser save."""
    return saved_file(browser, lambda: browser.click_text(text))


def saved_file(browser, act):
    """Type, size and text of what the browser is to save."""
    browser.js("""
        window.saved = null;
        window.makeURL ??= URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            blob.text().then((text) => { window.saved = { type: blob.type, size: blob.size, text }; });
            return window.makeURL.call(URL, blob);
        };""")
    act()
    browser.until(lambda: browser.js("return window.saved"), "what is saved")
    return browser.js("return saved")
