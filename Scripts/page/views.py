"""The views of the page, each used as people use it."""
import csv
import json
import re

from PIL import Image
from selenium.webdriver.common.keys import Keys

from saving import saved_blob, saved_table
from service import MODEL, make_disc, sample


def compare(browser, service):
    browser.open()
    browser.look("compare-empty")
    browser.click_text("Try three drawn ones")
    browser.wait(".rank", 2)
    assert browser.texts(".rank .name") == ["landscape-moved.png", "tiles.png"]
    browser.click_text("Remove all")
    browser.wait(".guide")
    assert browser.js("return document.querySelector('h1').textContent") == "How similar do they look?"
    browser.listen()
    # One by the file chooser, some dropped, one pasted.
    browser.choose(".zone input", sample("scene"))
    browser.wait(".tile", 1)
    browser.wait_text("One more image")
    browser.transfer("drop", ".zone", sample("shifted"), sample("different"))
    browser.wait(".tile", 3)
    browser.transfer("drop", "main", sample("blurred"))
    browser.wait(".tile", 4)
    browser.transfer("paste", "body", sample("mirrored"))
    browser.wait(".tile", 5)
    browser.wait(".rank", 4)
    browser.until(lambda: not browser.count(".progress"), "the end of the work")
    browser.wait_told("1 image added, 5 in all")
    browser.wait_told("The most similar by")
    names = browser.texts(".rank .name")
    assert names[-1] == "different.jpg", names
    assert browser.count(".metric") == 3, "one number for each metric"
    values = [float(text) for text in browser.texts(".rank .figure")]
    assert values == sorted(values) and values[0] >= 0, values
    # The numbers are the command's.
    told = json.loads(service.run("compare", sample("scene"), sample("different"), "--model", MODEL, "--format", "json"))
    assert abs(told["results"][0]["values"][MODEL] - values[-1]) < 0.001 * values[-1] + 5e-5, (told["results"], values)
    # The report is of fewer pairs than say anything.
    meaning = browser.text(".metrics .meaning")
    assert meaning.startswith("As far apart as") and "The 15 unrelated pairs of ‘samples’ are too few to say more." in meaning, meaning
    browser.loaded()
    browser.look("compare")
    browser.click("ol li:last-child .rank")
    assert browser.attributes("ol li:last-child .rank", "aria-pressed") == ["true"]
    browser.wait(".sides figure:nth-child(2) img[alt='different.jpg']")
    # Another reference.
    browser.click("[data-image='different.jpg'] figcaption button")
    browser.until(lambda: browser.text(".tile.reference .name") == "different.jpg", "another reference")
    browser.until(lambda: browser.count(".rank") == 4 and not browser.count(".progress"), "the new ranking")
    # Fewer metrics, and a file that is no image.
    browser.js("document.querySelectorAll('.chips input')[2].click()")
    browser.until(lambda: browser.count(".metric") == 2, "two metrics")
    broken = service.scratch / "broken.jpg"
    broken.write_bytes(b"this is no image")
    browser.choose(".zone input", broken)
    browser.wait_text("broken.jpg was left out")
    browser.look("compare-broken")


def pairs(browser, service):
    """All pairs of some images that come in a folder: a table to look through, also by keys, and to take away."""
    folder = service.scratch / "album"
    (folder / "more").mkdir(parents=True)
    names = ["scene", "blurred", "different", "shifted"]
    for name in names:
        place = folder / "more" if name == "shifted" else folder
        (place / f"{name}.jpg").write_bytes(sample(name).read_bytes())
    (folder / "notes.txt").write_text("no image")
    browser.open()
    browser.drop(".zone", folder)
    browser.wait(".tile", 4)
    browser.wait(".rank", 3)
    browser.listen()
    browser.js("document.querySelector('.segments input[value=pairs]').click()")
    browser.wait(".matrix td button", 12)
    browser.wait_told("The most similar by")
    told = json.loads(service.run("compare", sample("scene"), sample("different"), "--model", MODEL, "--format", "json"))
    value = float(browser.text("[aria-label^='scene.jpg and different.jpg']"))
    assert abs(told["results"][0]["values"][MODEL] - value) < 0.001 * value + 5e-5, (told["results"], value)
    cells = browser.texts(".matrix tbody td")
    values = [cells[start:start + 4] for start in range(0, 16, 4)]
    assert all(values[a][b] == values[b][a] for a in range(4) for b in range(4)), values
    # The files in the order of their names, those of folders in their place.
    assert browser.texts(".matrix .row-head .name") == ["blurred.jpg", "different.jpg", "shifted.jpg", "scene.jpg"]
    # The most alike have the deepest color, and the least alike none.
    shades = dict(browser.js("""return [...document.querySelectorAll('.matrix td button')].map((cell) =>
        [Number(cell.textContent), parseFloat(cell.style.getPropertyValue('--shade'))])"""))
    assert [shades[value] for value in sorted(shades)] == sorted(shades.values(), reverse=True), shades
    assert max(shades.values()) == 45 and min(shades.values()) == 0, shades
    browser.loaded()
    browser.look("pairs")
    # By keys: one stop of Tab, then arrows, which pass over the diagonal.
    browser.tab_to(".matrix td button")
    browser.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ENTER)
    assert browser.js("return document.activeElement.getAttribute('aria-label')").startswith("different.jpg and shifted.jpg")
    browser.wait(".pair .metric", 3)
    assert browser.text(".sides figure:nth-child(2) .name") == "shifted.jpg"
    browser.loaded()
    browser.look("pairs-chosen")
    # A metric that measures pair by pair, in blocks.
    browser.js("""const select = document.querySelector('.pairs select');
        select.value = 'psnr'; select.dispatchEvent(new Event('change'))""")
    browser.until(lambda: browser.count(".matrix td button") and "psnr" in browser.text(".matrix caption"), "the table of PSNR")
    saved = saved_table(browser, ".pairs .take-away button")
    assert saved[0] == ["psnr", "blurred.jpg", "different.jpg", "shifted.jpg", "scene.jpg"], saved
    assert [saved[row][row] for row in range(1, 5)] == ["inf"] * 4 and saved[1][2] == saved[2][1]
    told = json.loads(service.run("compare", sample("blurred"), sample("different"), "--metric", "psnr", "--format", "json"))
    assert abs(float(saved[1][2]) - told["results"][0]["values"]["psnr"]) < 1e-6
    whole = json.loads(saved_blob(browser, "Save as JSON")["text"])
    assert len(whole["pairs"]) == 6 and whole["pairs"][0]["a"] == "blurred.jpg" and whole["metric"] == "psnr", whole
    # The ranking can be taken away too, with the command that finds it.
    browser.js("document.querySelector('.segments input[value=reference]').click()")
    browser.wait(".rank", 3)
    saved = saved_table(browser, ".ranking .take-away button")
    assert saved[0] == ["reference", "image", MODEL, "ssim", "psnr"] and len(saved) == 4 and saved[1][0] == "blurred.jpg"
    told = json.loads(saved_blob(browser, "Save as JSON")["text"])
    assert [row["image"] for row in told] == [row[1] for row in saved[1:]] and isinstance(told[0][MODEL], float), told
    assert "dreamsim compare blurred.jpg" in browser.js("return document.querySelector('.ranking pre').textContent")


def many(browser, service):
    """Much work shows how far it is, and can be stopped."""
    browser.open()
    browser.js("""
        window.told = [];
        new MutationObserver(() => {
            const text = document.querySelector('.progress-text')?.textContent;
            if (text && text !== told.at(-1)) told.push(text);
        }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true })""")
    photos = sorted(service.photos.glob("*.jpg"))
    with browser.slow_network(seconds=5):
        browser.choose(".zone input", *photos)
        browser.wait(".progress button")
        browser.look("many")
        browser.click_text("Cancel")
        browser.wait_text("Stopped.")
    browser.click_text("Compare again")
    browser.wait(".rank", len(photos) - 1)
    told = browser.js("return told")
    assert "8 of 42 images compared…" in told and "40 of 42 images compared…" in told, told


def vote(browser, service):
    browser.open("vote")
    browser.look("vote-empty")
    browser.transfer("drop", ".slot.reference", sample("scene"), sample("shifted"), sample("different"))
    browser.wait("#question")
    browser.loaded()
    assert not browser.count(".votes"), "metrics say nothing before the person does"
    browser.look("vote-question")
    browser.click_text("A is closer")
    browser.wait(".votes tbody tr", 4)
    rows = browser.text(".votes")
    assert "You" in rows and MODEL in rows, rows
    # A row of the table that says that the model agrees.
    assert browser.js("return document.querySelectorAll('.votes tbody tr')[1].querySelector('.mark').textContent") == "A"
    browser.loaded()
    browser.look("vote-answer")


def search(browser, service):
    browser.open("search")
    browser.wait_text("43 images in the index")
    browser.look("search-empty")
    browser.choose(".zone input", sample("scene"))
    browser.wait(".gallery li", 24)
    first = browser.attributes(".gallery .card", "aria-label")
    browser.size(390, 844)
    assert not browser.js("return [...document.querySelectorAll('.gallery .name')].some((one) => one.scrollWidth > one.clientWidth + 1)"), "names are cut"
    browser.size()
    assert first[0].startswith(("scene-", "copy-of-scene")), first[0]
    browser.loaded()
    browser.look("search")
    # All results can be taken away, as the command has them, but for where the folder lies.
    told = json.loads(service.run("search", sample("scene"), "--index", service.scratch / "photos.index", "--count", 50, "--format", "json"))
    saved = saved_table(browser, "main .take-away button")
    assert saved[0] == ["query", "rank", "id", "image", MODEL, "width", "height", "bytes"] and len(saved) == 44, saved[:2]
    assert [row[3] for row in saved[1:]] == [below(service, entry["image"]) for entry in told["searches"][0]["results"]]
    assert saved[1][0] == "scene.jpg"
    answer = json.loads(saved_blob(browser, "Save as JSON")["text"])
    assert len(answer["searches"][0]["results"]) == 43
    browser.click_text("Next")
    browser.until(lambda: browser.count(".gallery li") == 19, "the second page")
    second = browser.attributes(".gallery .card", "aria-label")
    assert not set(first) & set(second) and len(first + second) == 43
    assert "25–43 of 43" in browser.text(".pager")
    browser.click(".gallery .card")
    browser.wait("dialog[open]")
    browser.loaded()
    browser.look("search-detail")
    # As large as it is, and as it was again.
    browser.click_text("Original size")
    browser.until(lambda: browser.js("const image = document.querySelector('.large.whole img'); return image?.naturalWidth === 320 && image.clientWidth === 320"), "the original")
    browser.look("search-detail-original")
    browser.click_text("Original size")
    browser.wait(".large:not(.whole) img")
    browser.click_text("More like this one")
    browser.wait_text("More like it")
    browser.until(lambda: browser.count(".gallery li") == 24, "what is like an image of the index")


def indexes(browser, service):
    """Of several indexes one is chosen, for searches and for duplicates alike."""
    more = service.scratch / "more.index"
    service.run("index", service.triplets, "--index", more, "--model", MODEL)
    service.stop()
    service.start("--index", f"photos={service.scratch / 'photos.index'}", "--index", f"more={more}", "--allow-changes", service.scratch / "added")
    browser.address = service.address
    browser.open("search")
    browser.wait_text("43 images in the index ‘photos’")
    assert "It keeps those that other programs add to an index" in browser.text("#about")
    browser.choose(".zone input", sample("scene"))
    browser.wait(".gallery li", 24)
    browser.loaded()
    browser.look("search-indexes")
    browser.js("const choice = document.querySelector('main select'); choice.value = 'more'; choice.dispatchEvent(new Event('change'))")
    browser.wait_text("18 images in the index ‘more’")
    browser.until(lambda: browser.count(".gallery li") == 18, "the results of the other index")
    browser.loaded()
    browser.go("duplicates")
    browser.wait_text("among 18 images")
    assert browser.js("return document.querySelector('main select').value") == "more"
    browser.js("const choice = document.querySelector('main select'); choice.value = 'photos'; choice.dispatchEvent(new Event('change'))")
    browser.wait_text("groups among 43 images")
    browser.go("search")
    browser.wait_text("43 images in the index ‘photos’")
    assert "nothing of them is kept" not in browser.text("#about")
    browser.driver.get("about:blank")
    # Of the service that was asked.
    faults = browser.faults()
    assert not faults, "\n".join(faults)
    service.stop()
    service.start()
    browser.address = service.address


def below(service, text):
    """A path as the service shows it: below the folder that was indexed."""
    return text.removeprefix(f"{service.photos}/")


def duplicates(browser, service):
    browser.open("duplicates")
    browser.wait(".group", 2)
    text = browser.text()
    assert "copy-of-scene-00.jpg" in text and "scene-01-again.jpg" in text, text
    browser.loaded()
    browser.look("duplicates")
    assert "Removing 2 duplicates would save" in text or "Removing 3 duplicates would save" in text, text
    told = list(csv.reader(service.run("dedupe", "--index", service.scratch / "photos.index", "--format", "csv").splitlines()))
    saved = saved_table(browser, "main .take-away button")
    places = [told[0].index(name) for name in saved[0]]
    assert [[below(service, row[place]) for place in places[:8]] for row in told] == [row[:8] for row in saved], (told, saved)
    answer = json.loads(saved_blob(browser, "Save as JSON")["text"])
    assert len(answer["groups"]) == answer["groupCount"] >= 2
    browser.js("document.querySelector('.segments input[value=identical-pixels]').click()")
    browser.until(lambda: browser.count(".group") == 1, "the only two files that are the same")


def cutout(browser, service):
    """What stands out, transparent around it or as a mask; and where nothing does, why there is none."""
    browser.open("cutout")
    browser.look("cutout-empty")
    browser.transfer("drop", ".zone", make_disc(service.scratch / "disc.png"))
    browser.wait(".sides img[alt='disc-cutout.png']")
    covered = int(re.search(r"covers (\d+) %", browser.text()).group(1))
    assert abs(covered - 26) <= 3, covered
    browser.loaded()
    browser.look("cutout")
    assert saved_blob(browser, "Save as PNG")["type"] == "image/png"
    browser.js("document.querySelector('[data-of=Result] input[value=mask]').click()")
    browser.wait(".sides img[alt='disc-mask.png']")
    browser.loaded()
    browser.look("cutout-mask")
    wall = service.scratch / "wall.png"
    Image.new("RGB", (320, 240), (90, 90, 90)).save(wall)
    browser.transfer("drop", "main", wall)
    browser.wait_text("Nothing stands out in the image")
    assert not browser.count(".sides"), "what was cut out of another image"
    browser.look("cutout-nothing")
    browser.click_text("Cut out what stands out most")
    browser.until(lambda: not browser.count("main .notice button, .progress") and "Nothing stands out" in browser.text(), "the same once more")


def reports(browser, service):
    browser.open("reports")
    browser.wait(".score", 3)
    assert "samples" in browser.text(".report h2")
    browser.look("reports")


def voting_room(browser, service):
    browser.open("voting-room")
    browser.wait(".choice", 2)
    browser.loaded()
    browser.look("voting-room")
    assert not any(word in browser.js("return document.documentElement.outerHTML") for word in ("blurred.png", "cropped.png"))
    assert "0 of 9 judgments" in browser.text(".stage-foot"), browser.text(".stage-foot")
    browser.find(".stage-foot input").send_keys("Anna K.", Keys.TAB)
    browser.click(".choice.left")
    browser.wait_text("1 of 9 judgments")
    assert service.votes[0]["rater"] == "Anna K.", service.votes
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.press(Keys.ARROW_RIGHT)
    browser.wait_text("2 of 9 judgments")
    assert len(service.votes) == 2
    browser.wait(".stage[aria-busy=false] .choice", 2)
    browser.press("u")
    browser.wait_text("1 of 9 judgments")
    assert len(service.votes) == 1
    # The service is started anew, and resumes where it was.
    service.stop()
    browser.faults()
    service.start()
    browser.address = service.address
    browser.open("voting-room")
    browser.wait_text("1 of 9 judgments")
    for done in range(2, 10):
        browser.wait(".stage[aria-busy=false] .choice", 2)
        browser.press(Keys.ARROW_LEFT)
        browser.until(lambda: f"{done} of 9 judgments" in browser.text(".stage-foot"), f"judgment {done}")
    browser.wait(".end")
    votes = service.votes
    assert len(votes) == 9 and len({row["id"] for row in votes}) == 9
    assert [row["split"] for row in votes].count("repeat") == 3
    for row in votes:
        # Whoever always chooses the left one chooses each of the two once when they are swapped.
        left = row["vote"] == row["swapped"]
        assert left or row is votes[0] or row is votes[1], row
    assert "that came twice you judged" in browser.text(".end")
    browser.look("voting-room-end")
    table = service.triplets / "triplets.votes.csv"
    service.run("evaluate", "triplets", table, "--metric", "mse", "--no-cache")
