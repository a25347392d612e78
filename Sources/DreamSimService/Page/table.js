// Numbers to take away: for a file, for the clipboard, and the command that finds them too.

import { announce, h } from "./elements.js";

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

/**
 * Ways to take numbers away.
 * @param rows - makes the rows, with a head.
 * @param command - the command that finds the same, if one does; without folders, which browsers do not tell.
 */
export function takeAway(name, rows, command) {
  const copy = h("button", {
    type: "button", onclick: async () => {
      await navigator.clipboard.writeText(csv(rows()));
      copy.textContent = "Copied";
      announce("The table was copied.");
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    },
  }, "Copy");
  return h("div", { cls: "take-away" },
    h("button", { type: "button", onclick: () => { save(new Blob([csv(rows())], { type: "text/csv" }), `${name}.csv`); announce("The table was saved."); } }, "Save as CSV"),
    // Browsers let only pages of this machine, and encrypted ones, write to the clipboard.
    navigator.clipboard ? copy : null,
    command ? h("details", { cls: "soft" }, h("summary", {}, "In a terminal"), h("pre", { tabindex: "0" }, command)) : null);
}
