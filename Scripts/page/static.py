"""The pages that the command writes: what was searched, which duplicates there are, and clusters."""
import csv
import re

import accessibility
from browser import MAGNIFIED, NARROW, SMALL, WIDE
from saving import saved_file
from service import MODEL, sample


def look(browser, path, name):
    """Takes images of a page in a file, and checks it on all screens."""
    browser.driver.get("about:blank")
    browser.driver.get(path.as_uri())
    for width, height in (WIDE, NARROW, SMALL, MAGNIFIED):
        browser.size(width, height)
        for theme in ("light", "dark") if width > SMALL[0] else ("light",):
            browser.theme(theme)
            browser.settle()
            accessibility.check_axe(browser, f"{name}, {theme}, {width} pixels wide")
            if width > SMALL[0]:
                browser.screenshot(f"{name}-{width}-{theme}", (width, height))
        browser.check_width(name)
        short = browser.js("return [...document.querySelectorAll('.name')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)")
        assert not short, f"{name}: names that are cut: {short}"
    browser.size()
    browser.theme("light", forced="active")
    accessibility.check_axe(browser, f"{name}, forced colors")
    browser.theme("light")


def facts(browser):
    return dict(zip(browser.texts("dt"), browser.texts("dd")))


def pages(browser, service):
    """Galleries, duplicates and clusters say where their numbers come from, and what is chosen can be saved as a list."""
    index = ("--index", service.scratch / "photos.index")
    long = service.scratch / ("a-name-that-differs-from-others-at-its-very-end-only-" * 2 + "1.jpg")
    long.write_bytes(sample("scene").read_bytes())
    path = service.scratch / "search.html"
    service.run("search", long, sample("different"), *index, "--count", 5, "--html", path)
    look(browser, path, "gallery")
    told = facts(browser)
    assert MODEL in told["Model"] and told["Results"] == "10 for 2 queries" and "43 images" in told["Index"], told
    assert "0 is the same" in browser.text(".legend")
    assert browser.count("input[data-path]") == 10, "queries are not to be chosen"
    browser.js("document.querySelectorAll('input[data-path]')[1].click()")
    assert browser.text("#count") == "1 of 10 files chosen."
    listed = saved_file(browser, lambda: browser.click("[data-do=chosen]"))["text"]
    assert listed == browser.attributes("input[data-path]", "data-path")[1] + "\n", listed
    path = service.scratch / "groups.html"
    service.run("dedupe", *index, "--html", path)
    look(browser, path, "groups")
    told = facts(browser)
    assert re.match(r"\d+ groups among 43 images; removing \d+ duplicates would save \d+ kB", told["Found"]), told
    assert MODEL in told["Model"] and told["Loosest tier"] == "re-encoded" and "31 of 256 bits" in told["Thresholds"], told
    rows = list(csv.DictReader(service.run("dedupe", *index, "--format", "csv").splitlines()))
    kept = [row["image"] for row in rows if row["keep"] == "true"]
    assert saved_file(browser, lambda: browser.click("[data-do=chosen]"))["text"].splitlines() == kept
    others = saved_file(browser, lambda: browser.click("[data-do=others]"))["text"].splitlines()
    assert others == [row["image"] for row in rows if row["keep"] == "false"]
    # Another is kept in place of the suggested one.
    browser.js("const [one, other] = document.querySelectorAll('input[data-path]'); one.click(); other.click()")
    table = list(csv.reader(saved_file(browser, lambda: browser.click("[data-do=csv]"))["text"].splitlines()))
    assert table[0] == ["group", "kept", "image"] and [row[1] for row in table[1:3]] == ["false", "true"], table
    browser.click("[data-do=again]")
    assert saved_file(browser, lambda: browser.click("[data-do=chosen]"))["text"].splitlines() == kept
    path = service.scratch / "clusters.html"
    service.run("cluster", *index, "--html", path)
    look(browser, path, "clusters")
    told = facts(browser)
    assert MODEL in told["Model"] and "of 43 images" in told["Found"] and "Threshold" in told and "Algorithm" in told, told
