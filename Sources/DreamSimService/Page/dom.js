// Small helpers for the document. Text is always set as text, never as markup.

/** Makes an element: its name with classes (`p.lead`), its properties, and its children. */
export function make(description, properties = {}, ...children) {
  const [name, ...classes] = description.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-") || key.startsWith("data-") || key === "for") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Shows what happens, or what went wrong, beside what was asked for. */
export function say(element, text, isBad = false) {
  element.textContent = text;
  element.classList.toggle("bad", isBad);
}

/** A number as people read it: no more digits than say something. Infinity comes as a text. */
export function number(value) {
  if (value === "inf") return "∞";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return size >= 0.001 ? value.toFixed(4) : value.toPrecision(2);
}

/** Such as `1 file`, `2 files`. */
export const count = (number, word) => `${number.toLocaleString()} ${word}${number === 1 ? "" : "s"}`;

/** A sentence's first letter in upper case. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Makes the two buttons of a pager turn pages. */
export function pager(element, turn) {
  const [back, on] = element.querySelectorAll("button");
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  return (text, hasBack, hasNext) => {
    element.hidden = !hasBack && !hasNext;
    element.querySelector("span").textContent = text;
    back.disabled = !hasBack;
    on.disabled = !hasNext;
  };
}

/** A picture of a file; formats that the browser cannot show have their name instead. */
export function picture(source, alt) {
  const image = make("img", { alt, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(make("div.no-picture", {}, `${alt}: this browser cannot show the format`)));
  if (source instanceof Promise) source.then((url) => { image.src = url; }, () => image.dispatchEvent(new Event("error")));
  else image.src = source;
  return image;
}
