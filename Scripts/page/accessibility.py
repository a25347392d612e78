"""What those need who hear the page, or see it badly: names, landmarks, headings, and contrast."""

import os
import pathlib

# axe-core, of the package that run.sh installs; it is no part of the project.
AXE = pathlib.Path(os.environ.get("DREAMSIM_AXE", "axe.min.js"))

# Roles that mean nothing to anybody without a name.
NAMED = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "slider", "spinbutton", "image", "dialog",
         "region", "navigation", "progressbar", "heading", "columnheader", "rowheader", "DisclosureTriangle"}
LEAST_CONTRAST = 4.5


def tree(browser):
    """What Chromium tells screen readers: role, name and properties of everything that is not passed over."""
    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(node["role"]["value"], node.get("name", {}).get("value", "").strip(),
             {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])})
            for node in nodes if not node.get("ignored")]


def check(browser, name):
    """Every control has a name, the page has its landmarks, and headings are in their order."""
    nodes = tree(browser)
    roles = [role for role, _, _ in nodes]
    nameless = [(role, properties) for role, text, properties in nodes if role in NAMED and not text]
    assert not nameless, f"{name}: without a name: {nameless}"
    if "dialog" in roles:
        # What lies beneath is inert, and not told of.
        return
    for role in ("banner", "main", "contentinfo"):
        assert roles.count(role) == 1, f"{name}: {roles.count(role)} x {role}"
    assert ("navigation", "What to do") in [(role, text) for role, text, _ in nodes], f"{name}: the views are no navigation"
    assert any(role == "status" and properties.get("live") == "polite" for role, _, properties in nodes), f"{name}: nothing is told"
    levels = [int(properties["level"]) for role, _, properties in nodes if role == "heading"]
    assert levels.count(1) == 1 and levels[0] == 1, f"{name}: headings of levels {levels}"
    jumps = [(a, b) for a, b in zip(levels, levels[1:]) if b > a + 1]
    assert not jumps, f"{name}: headings jump from level to level: {jumps}"
    dangling = browser.js("""
        return ['aria-controls', 'aria-labelledby', 'aria-describedby', 'for'].flatMap((attribute) =>
            [...document.querySelectorAll(`[${attribute}]`)].flatMap((element) =>
                element.getAttribute(attribute).split(/\\s+/).filter((id) => !document.getElementById(id)).map((id) => `${attribute}=${id}`)))""")
    assert not dangling, f"{name}: refers to nothing: {dangling}"
    assert browser.js("return document.documentElement.lang") == "en"


def check_axe(browser, name):
    """No rule of axe-core is violated: WCAG 2.2 A and AA, and its best practices."""
    if not browser.js("return Boolean(window.axe)"):
        browser.js(AXE.read_text())
    violations = browser.driver.execute_async_script("""
        const done = arguments[0];
        axe.run(document, { resultTypes: ['violations'] }).then(
            ({ violations }) => done(violations.map((rule) => `${rule.id}: ${rule.help}: ` + rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | '))),
            (error) => done([String(error)]))""")
    assert not violations, f"{name}: axe-core finds:\n  " + "\n  ".join(violations)


def check_contrast(browser, name):
    """Every text stands out from what is behind it."""
    poor = browser.js(CONTRASTS, LEAST_CONTRAST)
    assert not poor, f"{name}: contrast below {LEAST_CONTRAST}: {poor[:12]}"


# Colors are laid over each other from the root inwards, as they are painted. What is disabled, or about to be replaced, counts
# for nobody.
CONTRASTS = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const known = new Map();
function color(text) {
    if (!known.has(text)) {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
}
const over = ([r, g, b, a], below, share) => [r, g, b].map((value, i) => value * a * share + below[i] * (1 - a * share));
function luminance(rgb) {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(element) {
    const chain = [];
    for (let one = element; one; one = one.parentElement) chain.unshift(one);
    let behind = [255, 255, 255];
    let share = 1;
    for (const one of chain) {
        const style = getComputedStyle(one);
        share *= Number(style.opacity);
        behind = over(color(style.backgroundColor), behind, share);
    }
    const text = over(color(getComputedStyle(element).color), behind, share);
    const [light, dark] = [luminance(text), luminance(behind)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
}
const elements = new Set(document.querySelectorAll('select, input[type=password]'));
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    if (walker.currentNode.textContent.trim()) elements.add(walker.currentNode.parentElement);
}
const modal = document.querySelector('dialog[open]');
return [...elements].filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0
        && !element.closest(':disabled, option, noscript, .waiting') && (!modal || modal.contains(element)))
    .map((element) => [contrast(element), element]).filter(([ratio]) => ratio < arguments[0])
    .map(([ratio, element]) => `${ratio.toFixed(2)} ${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 40)}`);
"""
