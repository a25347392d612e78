// Numbers to take away: for a file, for the clipboard, and the command that finds them too.

import { announce, h, tell } from "./elements.js";

/** Rows as CSV (RFC 4180). Numbers keep all their digits. */
export const csv = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

function cell(value) {
  const text = value === undefined || value === null ? "" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text as shells take it. */
export const quoted = (text) => (/^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Lets the browser save something under a name. */
export function save(content, name) {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Rows with a head as an object for each, by the names of the head; what a row has no value for is left out. */
export const objects = ([head, ...rows]) => rows.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place]])
  .filter(([, value]) => value !== undefined && value !== null && value !== "")));

/** Numbers that JSON has none of are texts, as the service writes them. */
const json = (value) => JSON.stringify(value, (_, one) => (one === Infinity ? "inf" : one === -Infinity ? "-inf" : Number.isNaN(one) ? "nan" : one), 2);

/**
 * Ways to take numbers away.
 * @param rows - makes the rows, with a head; it may ask the service for those that are not shown.
 * @param command - the command that finds the same, if one does; without folders, which browsers do not tell.
 * @param whole - makes what is saved as JSON, where that is more than the rows.
 */
export function takeAway(name, rows, { command = null, whole = null } = {}) {
  const button = (words, work, done) => {
    const element = h("button", {
      type: "button", onclick: async () => {
        if (element.ariaBusy === "true") return;
        element.ariaBusy = "true";
        try {
          await work();
          announce(done);
        } catch (error) {
          tell(`${error.title ?? "The table cannot be had"}: ${error.detail ?? error.message}`);
        } finally {
          element.ariaBusy = "false";
        }
      },
    }, words);
    return element;
  };
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(csv(await rows()));
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  }, "The table was copied.");
  return h("div", { cls: "take-away" },
    button("Save as CSV", async () => save(new Blob([csv(await rows())], { type: "text/csv" }), `${name}.csv`), "The table was saved."),
    button("Save as JSON", async () => save(new Blob([json(whole ? await whole() : objects(await rows())), "\n"], { type: "application/json" }), `${name}.json`), "The table was saved."),
    // Browsers let only pages of this machine, and encrypted ones, write to the clipboard.
    navigator.clipboard ? copy : null,
    command ? h("details", { cls: "soft" }, h("summary", {}, "In a terminal"), h("pre", { tabindex: "0" }, command)) : null);
}
