"""A Chromium without a window, and what a person does with it."""
import base64
import contextlib
import json
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service as DriverService

import accessibility

WIDE, NARROW = (1280, 900), (390, 844)
# The narrowest phone, and 1280 x 900 at 400 %.
SMALL, MAGNIFIED = (320, 640), (320, 225)


class Browser:
    def __init__(self, address, screenshots):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--force-device-scale-factor=1", "--hide-scrollbars", "--lang=en"):
            options.add_argument(argument)
        # Of a proxy that has signed its certificate itself.
        options.accept_insecure_certs = True
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=DriverService("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(60)
        self.address, self.screenshots = address, screenshots
        self.requests = 0
        self.size()

    def close(self):
        self.driver.quit()

    # How it looks.

    def size(self, width=WIDE[0], height=WIDE[1]):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def theme(self, name, forced="none"):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "forced-colors", "value": forced}]})

    def look(self, name):
        """Takes images, wide and narrow, light, dark and in forced colors, and checks that nothing is wider than the screen,
        that texts stand out, that everything has a name, and that axe-core finds nothing."""
        self.js("scrollTo(0, 0)")
        for width, height in (WIDE, NARROW):
            self.size(width, height)
            for theme in ("light", "dark"):
                self.theme(theme)
                self.settle()
                accessibility.check_contrast(self, f"{name}, {theme}, {width} pixels wide")
                self.screenshot(f"{name}-{width}-{theme}", (width, height))
            self.check_width(name)
            accessibility.check_axe(self, f"{name}, {width} pixels wide, dark")
        self.theme("light")
        for width, height in (SMALL, MAGNIFIED):
            self.size(width, height)
            self.settle()
            self.check_width(name)
        accessibility.check_axe(self, f"{name}, magnified")
        self.size()
        self.theme("dark", forced="active")
        self.settle()
        self.screenshot(f"{name}-forced", WIDE)
        accessibility.check_axe(self, f"{name}, forced colors")
        self.theme("light")
        accessibility.check(self, name)

    def settle(self):
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))")

    def screenshot(self, name, size):
        """All of the page, below the window too."""
        image = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": {
            "x": 0, "y": 0, "width": size[0], "height": max(size[1], self.js("return document.documentElement.scrollHeight")),
            "scale": 1}})
        (self.screenshots / f"{name}.png").write_bytes(base64.b64decode(image["data"]))

    def check_width(self, name):
        wide, room = self.js("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, f"{name}: the page is {wide} pixels wide on a screen of {room}"

    # What a person does.

    def open(self, view=""):
        # Another part of the same page would not be loaded anew.
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}/#{view}" if view else f"{self.address}/")
        self.wait("#views a")

    def go(self, view):
        self.js(f"location.hash = '#{view}'")
        self.wait(f"#views a[href='#{view}'][aria-current]")

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    # The page replaces its parts while it works, so what is read is read in one step: an element that was found may be
    # gone when it is asked.

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector="main"):
        return self.js("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", selector)

    def attributes(self, selector, name):
        return self.js("return [...document.querySelectorAll(arguments[0])].map((one) => one.getAttribute(arguments[1]))", selector, name)

    def find(self, selector):
        """An element to type into, which stays."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def use(self, find, action, what):
        """Does something with an element, which is looked for anew when the page has replaced it meanwhile."""
        def done():
            try:
                element = self.js(find, what)
                if element is None:
                    return False
                self.js("arguments[0].scrollIntoView({block: 'center'})", element)
                action(element)
                return True
            except StaleElementReferenceException:
                return False
        self.until(done, what, seconds=10)

    def click(self, selector):
        self.use("return document.querySelector(arguments[0])", lambda element: element.click(), selector)

    def click_text(self, text):
        self.use("""return [...document.querySelectorAll('main button, dialog button')]
            .find((button) => button.textContent.includes(arguments[0]))""", lambda element: element.click(), text)

    def wait(self, selector, count=1, seconds=60):
        self.until(lambda: self.count(selector) >= count, f"{count} x {selector}", seconds)

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {what}; the page says: {self.text()[:1500]}")

    def wait_text(self, text, seconds=60):
        self.until(lambda: text in self.text("body"), f"'{text}'", seconds)

    def loaded(self):
        """Waits until every image that is near is there."""
        self.until(lambda: self.js("""return [...document.images].every((image) => {
            const box = image.getBoundingClientRect();
            return image.hidden || !image.currentSrc || image.complete || box.top > innerHeight * 2 })"""), "the images")

    def choose(self, selector, *files):
        self.find(selector).send_keys("\n".join(str(file) for file in files))

    def transfer(self, kind, selector, *files):
        """Drops or pastes files as the system would do it."""
        types = {".png": "image/png", ".txt": "text/plain"}
        data = [[file.name, types.get(file.suffix, "image/jpeg"),
                 base64.b64encode(file.read_bytes()).decode()] for file in files]
        self.js("""
            const [kind, selector, files] = arguments;
            const transfer = new DataTransfer();
            for (const [name, type, text] of files)
                transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, { type }));
            const target = document.querySelector(selector);
            const options = { bubbles: true, cancelable: true };
            if (kind === 'paste') target.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: transfer }));
            else for (const name of ['dragenter', 'dragover', 'drop'])
                target.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: transfer }));
        """, kind, selector, data)

    @contextlib.contextmanager
    def slow_network(self, seconds):
        """Every answer takes this long on any machine, so that what is shown only during the work stays."""
        def set_latency(milliseconds):
            self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
                "offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1})
        set_latency(seconds * 1000)
        try:
            yield
        finally:
            set_latency(0)

    def drop(self, selector, *paths):
        """Drops files and folders from the system, over the middle of something."""
        x, y = self.js("""
            const box = document.querySelector(arguments[0]).getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]""", selector)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.driver.execute_cdp_cmd("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})

    # What is told to those who hear the page.

    def listen(self):
        """Keeps what is told from now on."""
        self.js("""
            window.told = [];
            new MutationObserver(() => {
                const text = document.getElementById('live').textContent;
                if (text) told.push(text);
            }).observe(document.getElementById('live'), { childList: true, characterData: true, subtree: true })""")

    def wait_told(self, text):
        self.until(lambda: any(text in told for told in self.js("return told")), f"'{text}' among what is told: {self.js('return told')}")

    # Keys alone.

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector, most=90, back=False):
        """Presses Tab (with Shift to go back) until an element has the focus, which must be seen."""
        for _ in range(most):
            if back:
                ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
            else:
                self.press(Keys.TAB)
            if self.js("return document.activeElement.matches(arguments[0])", selector):
                seen = self.js("""
                    const element = document.activeElement;
                    const marked = element.closest('label, .zone') ?? element;
                    return [element, marked].some((e) => getComputedStyle(e).outlineStyle !== 'none')""")
                assert seen, f"the focus on {selector} cannot be seen"
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    # What went wrong behind the page.

    def faults(self, expected=()):
        """Errors of the console, failed requests, and requests to anybody else."""
        faults = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            parameters = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                self.requests += 1
                if not url.startswith((self.address, "file:", "blob:", "data:", "chrome:", "about:")):
                    faults.append(f"asks elsewhere: {url}")
            if message["method"] == "Network.responseReceived" and parameters["response"]["status"] >= 400:
                if parameters["response"]["status"] not in expected:
                    faults.append(f"{parameters['response']['status']} {parameters['response']['url']}")
            if message["method"] == "Network.loadingFailed" and not parameters.get("canceled"):
                faults.append(f"request failed: {parameters.get('errorText')}")
        for entry in self.driver.get_log("browser"):
            if not any(f"status of {status}" in entry["message"] for status in expected):
                faults.append(f"console: {entry['level']} {entry['message']}")
        return faults
