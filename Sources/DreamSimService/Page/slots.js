// Places for images: files are dropped, pasted or chosen, by mouse, by finger or by keyboard.

import { make, picture } from "./dom.js";

let active = null;

// A pasted image goes to the place that was used last, of those that can be seen.
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files || [])];
  if (!files.length) return;
  const seen = Slot.all.filter((slot) => slot.element.offsetParent);
  const target = seen.includes(active) ? active : seen.find((slot) => !slot.files.length) || seen.at(-1);
  target?.add(files);
});

// A file that misses its place must not take the page away.
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());

export class Slot {
  static all = [];

  constructor(title, { many = false, hint, changed = () => {} }) {
    this.many = many;
    this.changed = changed;
    this.files = [];
    this.urls = new Map();
    this.input = make("input", { type: "file", multiple: many, hidden: true, onchange: () => { this.add([...this.input.files]); this.input.value = ""; } });
    this.input.setAttribute("aria-label", title);
    this.pictures = make(`div.pictures${many ? "" : ".single"}`);
    this.hint = make("p.hint", {}, hint);
    this.element = make("div.slot", { onfocusin: () => this.activate(), onpointerdown: () => this.activate() },
      make("div.slot-head", {}, make("span", {}, title), make("button", { type: "button", "aria-label": `${title}: choose ${many ? "files" : "a file"}`, onclick: () => this.input.click() }, many ? "Choose files" : "Choose file")),
      this.hint, this.pictures, this.input);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", title);
    this.element.addEventListener("dragover", (event) => { event.preventDefault(); this.element.classList.add("over"); });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.element.classList.remove("over");
      this.add([...event.dataTransfer.files]);
    });
    Slot.all.push(this);
  }

  activate() {
    active?.element.classList.remove("active");
    active = this;
    this.element.classList.add("active");
  }

  get file() { return this.files[0]; }

  add(files) {
    if (!files.length) return;
    if (this.many) this.files.push(...files);
    else this.files = [files.at(-1)];
    this.show();
  }

  remove(file) {
    this.files = this.files.filter((other) => other !== file);
    this.show();
  }

  /** The address of a file's picture in this page. */
  url(file) {
    if (!this.urls.has(file)) this.urls.set(file, URL.createObjectURL(file));
    return this.urls.get(file);
  }

  show() {
    for (const [file, url] of this.urls) {
      if (!this.files.includes(file)) { URL.revokeObjectURL(url); this.urls.delete(file); }
    }
    this.hint.hidden = this.files.length > 0;
    this.pictures.replaceChildren(...this.files.map((file) => make("figure", {},
      picture(this.url(file), file.name || "pasted image"),
      make("button.remove", { type: "button", "aria-label": `Remove ${file.name}`, onclick: () => this.remove(file) }, "×"),
      make("figcaption", {}, file.name || "pasted image"))));
    this.changed();
  }
}
