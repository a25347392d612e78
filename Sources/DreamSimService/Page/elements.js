// Making elements, and saying things to people.

import { keepingFocus } from "./focus.js";

const properties = new Set(["value", "checked", "disabled", "hidden", "htmlFor", "className", "multiple", "textContent", "open"]);

/** An element. Attributes that are null or false are left out; `on…` are listeners; texts are never read as HTML. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (properties.has(name)) element[name] = value;
    else element.setAttribute(name === "cls" ? "class" : name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts children in place of those that an element has. */
export function fill(element, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  keepingFocus(element, () => element.replaceChildren(...wanted));
  return element;
}

let names = 0;
/** A name for an element that others refer to. */
export const unique = (stem) => `${stem}-${++names}`;

/** Tells those who hear the page. */
export function announce(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 50);
}

const told = document.getElementById("told");
told.querySelector("button").addEventListener("click", () => {
  untell();
  document.querySelector("main h1")?.focus({ preventScroll: true });
});

/** Tells everybody: the words stay in view until something else is done, or they are closed. */
export function tell(text) {
  const line = told.querySelector("p");
  const before = told.hidden ? "" : line.textContent;
  line.textContent = before.includes(text) ? before : `${before} ${text}`.trim();
  told.hidden = false;
  announce(line.textContent);
}

/** What was told is over. */
export function untell() {
  told.hidden = true;
}

/** What went wrong, in words, with what to do. */
export function notice(error, retry) {
  const text = error.detail ?? error.message ?? String(error);
  // What the service refuses it refuses again; what passes is worth another try.
  const isToken = error.status === 401;
  const isLasting = error.status >= 400 && error.status < 500 && !isToken;
  return h("div", { cls: "notice bad", role: "alert" },
    h("strong", {}, error.title ?? "Something went wrong in the page"),
    h("p", {}, sentence(text)),
    error.advice ? h("p", { cls: "advice" }, sentence(error.advice)) : null,
    retry && !isLasting ? h("button", { type: "button", onclick: retry }, isToken ? "Enter the token" : "Try again") : null);
}

/** A text with a capital and a full stop, for what the service says in the middle of a line. */
export function sentence(text) {
  const whole = text.trim();
  // Names of files and commands keep their first letter.
  const isWord = /^[a-z]+ /.test(whole);
  return (isWord ? whole[0].toUpperCase() + whole.slice(1) : whole) + (/[.!?]$/.test(whole) ? "" : ".");
}

/** Something that takes a while: what is done, how far it is, for how long, and a way to stop it. */
export function progress(label, onCancel) {
  const bar = h("progress", { "aria-label": label });
  const text = h("span", { cls: "progress-text" }, label);
  const time = h("span", { cls: "soft", "aria-hidden": "true" });
  const start = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    if (seconds >= 2) time.textContent = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    if (!element.isConnected && seconds > 2) clearInterval(timer);
  }, 500);
  const element = h("div", { cls: "progress" },
    h("div", { cls: "progress-line" }, text, time,
      onCancel ? h("button", { type: "button", cls: "quiet", onclick: onCancel }, "Cancel") : null), bar);
  return {
    element,
    update(done, total, words) {
      if (total > 0) { bar.max = total; bar.value = done; }
      if (words) text.textContent = words;
    },
    end() {
      clearInterval(timer);
      if (element.parentElement) keepingFocus(element.parentElement, () => element.remove());
    },
  };
}

/** A dialog over the page, which Escape closes. */
export function dialog(title, ...content) {
  const name = unique("dialog");
  const box = h("dialog", { "aria-labelledby": name },
    h("div", { cls: "dialog-head" }, h("h2", { id: name }, title),
      h("button", { type: "button", cls: "quiet", "aria-label": "Close", onclick: () => box.close() }, "Close")),
    ...content);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

/** A choice from a few, one button each. */
export function segments(label, options, chosen, onChange) {
  const name = unique("segments");
  return h("fieldset", { cls: "segments", "data-of": label }, h("legend", { cls: "unseen" }, label),
    options.map(([value, text]) => h("label", {},
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onChange(value) }),
      h("span", {}, text))));
}

/** A way through pages of results. */
export function pager(offset, size, total, onGo) {
  if (total <= size && offset === 0) return null;
  const last = Math.min(offset + size, total);
  return h("nav", { cls: "pager", "aria-label": "Pages" },
    h("button", { type: "button", disabled: offset === 0, onclick: () => onGo(Math.max(0, offset - size)) }, "← Previous"),
    h("span", {}, `${(offset + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${total.toLocaleString("en")}`),
    h("button", { type: "button", disabled: last >= total, onclick: () => onGo(offset + size) }, "Next →"));
}
