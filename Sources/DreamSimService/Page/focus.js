// Keeping the focus where it was when a part of the page is replaced: whoever works by keys would start anew at its top.

const focusable = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), summary, [tabindex]";

const candidates = (root) => [...root.querySelectorAll(focusable)].filter((one) => one.tabIndex >= 0 && one.checkVisibility());

const nameOf = (one) => `${one.tagName} ${one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent}`;

/** What stands nearest behind an element, else before it, else the heading of the view. */
function beside(element) {
  const main = document.querySelector("main");
  const all = candidates(main).filter((one) => !element.contains(one));
  const isBehind = (one) => element.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
  return all.find(isBehind) ?? all.at(-1) ?? main.querySelector("h1");
}

/** Changes what is in an element. What had the focus has it again: by its name, else what is in its place, else what is beside. */
export function keepingFocus(element, change) {
  const held = document.activeElement;
  if (!held || held === element || !element.contains(held)) {
    change();
    return;
  }
  const place = candidates(element).indexOf(held);
  const name = nameOf(held);
  change();
  if (document.activeElement !== document.body || !element.isConnected) return;
  const after = candidates(element);
  const same = after.find((one) => nameOf(one) === name);
  const next = same ?? (place < 0 ? element.querySelector("[tabindex='-1']") : null) ?? after[Math.min(Math.max(place, 0), after.length - 1)];
  if (next) next.focus();
  else beside(element)?.focus({ preventScroll: true });
}
