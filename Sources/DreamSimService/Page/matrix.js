// All pairs of some images, as a table of one metric's values.

import { Refusal, isAbort, plain, postJSON } from "./api.js";
import { view } from "./drop.js";
import { h } from "./elements.js";
import { format, isMoreAlike, number } from "./numbers.js";
import { takeAway } from "./table.js";

/** The most images: more columns are no longer looked through. */
export const most = 40;
/** The images of a block: a request of two blocks is done soon, whatever the metric and the size of the images. */
const block = 4;

/** The pairs of some images in portions, each of which is a request: `members` are the images of it. */
function portions(count, isWhole) {
  const groups = [];
  const size = isWhole ? count : block;
  for (let start = 0; start < count; start += size) groups.push(Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i));
  return groups.flatMap((rows, i) => groups.slice(i).map((columns) => ({
    members: rows === columns ? rows : [...rows, ...columns],
    pairs: rows.flatMap((a) => columns.filter((b) => b > a).map((b) => [a, b])),
  }))).filter((portion) => portion.pairs.length > 0);
}

/**
 * Measures all pairs of some images by one metric.
 * @returns for each two places `{ value }` or `{ reason }`.
 */
export async function measure(context, images, metric, resize, signal, onProgress) {
  const cells = images.map(() => images.map(() => ({ value: number(metric.identical) })));
  const limit = context.service.limits.bodyBytes;
  const bytes = (members) => members.reduce((sum, index) => sum + images[index].file.size + 300, 0);
  // Of a model each image is embedded once when all are sent together.
  const work = portions(images.length, metric.kind === "model" && bytes([...images.keys()]) < limit);
  const total = images.length * (images.length - 1) / 2;
  let done = 0;
  for (const { members, pairs } of work) {
    if (bytes(members) >= limit) {
      throw new Refusal("The images are too large", `${members.length} of them have ${Math.round(bytes(members) / 1e6)} MB, and the service takes ${Math.round(limit / 1e6)} MB at a time`, "choose smaller files");
    }
    const query = new URLSearchParams({ metric: metric.name });
    if (resize) query.set("resize", resize);
    const places = pairs.map((pair) => pair.map((index) => members.indexOf(index)).join("-")).join(",");
    let answer;
    try {
      answer = await postJSON(`/v1/pairs?${query}&pairs=${places}`, members.map((index) => ["image", images[index]]), { signal });
    } catch (error) {
      // That none of these pairs has a value says nothing of the others.
      if (isAbort(error) || !error.failures) throw error;
      answer = { results: error.failures.map((failure) => ({ error: plain(failure.error) })) };
    }
    for (const [at, pair] of answer.results.entries()) {
      const [a, b] = pairs[at];
      const value = pair.values?.[metric.name];
      const found = value === undefined ? { reason: pair.error ?? pair.errors?.[metric.name] ?? "no value" } : { value: number(value) };
      cells[a][b] = found;
      cells[b][a] = found;
    }
    done += pairs.length;
    onProgress(done, total);
  }
  return cells;
}

/** The pairs with a value, from the most alike to the least. */
export function pairsInOrder(cells, metric) {
  const pairs = [];
  for (let a = 0; a < cells.length; a++) {
    for (let b = a + 1; b < cells.length; b++) if (cells[a][b].value !== undefined) pairs.push({ a, b, value: cells[a][b].value });
  }
  return pairs.sort((x, y) => (x.value === y.value ? 0 : isMoreAlike(metric, x.value, y.value) ? -1 : 1));
}

/** Each pair once, with its value or why it has none. */
const everyPair = (cells, names) => cells.flatMap((row, a) => row.slice(a + 1).map((cell, place) => ({ a: names[a], b: names[a + 1 + place], ...cell })));

/** How deep the color of a value is, in per cent: as deep as can be read over for the most alike, none for the least. */
function shades(values) {
  const finite = values.filter(Number.isFinite);
  const [best, worst] = [finite[0], finite.at(-1)];
  return (value) => 45 * (best === worst || !Number.isFinite(value) ? 1 : (worst - value) / (worst - best));
}

/**
 * The table. Arrow keys lead from cell to cell.
 * @param onChoose - told the places of the two images of the cell that is pressed.
 */
export function matrixPanel({ images, metric, cells, picker, onChoose }) {
  const order = pairsInOrder(cells, metric);
  const shade = shades(order.map((pair) => pair.value));
  const buttons = images.map(() => []);
  let current = null;

  function choose(a, b) {
    for (const button of buttons.flat()) button.setAttribute("aria-pressed", String(button === buttons[a][b]));
    stand(a, b);
    onChoose(a, b);
  }

  /** One cell is in the order of Tab; arrows choose which. */
  function stand(a, b) {
    if (current) current.tabIndex = -1;
    current = buttons[a][b];
    current.tabIndex = 0;
  }

  function cell(a, b) {
    if (a === b) return h("td", { cls: "own" }, h("span", { cls: "unseen" }, "itself"));
    const { value, reason } = cells[a][b];
    const text = value === undefined ? "—" : format(value);
    const button = h("button", {
      type: "button", tabindex: "-1", "aria-pressed": "false", "aria-controls": "pair", title: `${images[a].name}, ${images[b].name}: ${reason ?? text}`,
      "aria-label": `${images[a].name} and ${images[b].name}: ${reason ?? text}`,
      vars: { "--shade": `${(value === undefined ? 0 : shade(value)).toFixed(1)}%` },
      onclick: () => choose(a, b),
      onkeydown: (event) => move(event, a, b),
    }, text);
    buttons[a][b] = button;
    return h("td", {}, button);
  }

  function move(event, a, b) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    let [row, column] = [a + step[0], b + step[1]];
    // Over the diagonal, which has no cells.
    if (row === column) [row, column] = [row + step[0], column + step[1]];
    const next = buttons[row]?.[column];
    if (!next) return;
    stand(row, column);
    next.focus();
  }

  const table = h("table", { cls: "matrix" }, h("caption", { cls: "unseen" }, `${metric.name} of all pairs`),
    h("thead", {}, h("tr", {}, h("td", {}), images.map((image, index) => h("th", { scope: "col" },
      h("span", { cls: "thumb" }, view(image, { alt: image.name, title: image.name })), h("span", { "aria-hidden": "true" }, String(index + 1)))))),
    h("tbody", {}, images.map((image, a) => h("tr", {},
      h("th", { scope: "row" }, h("span", { cls: "row-head" }, h("span", { cls: "place", "aria-hidden": "true" }, String(a + 1)),
        h("span", { cls: "thumb" }, view(image, { alt: "" })), h("span", { cls: "name", title: image.name }, image.name))),
      images.map((_, b) => cell(a, b))))));
  stand(0, 1);
  const ends = order.length > 1 ? [["Most similar", order[0]], ["Least similar", order.at(-1)]] : [];
  const names = images.map((image) => image.name);
  return h("section", { cls: "pairs" },
    h("div", { cls: "heading" }, h("h2", {}, "All pairs"), picker),
    h("p", { cls: "soft" }, ends.map(([words, pair]) => `${words}: ${names[pair.a]} and ${names[pair.b]} (${format(pair.value)}). `), "The deeper the color, the more similar. Choose a cell to see its pair."),
    h("div", { cls: "table-scroll matrix-scroll" }, table),
    takeAway(`pairs-${metric.name.replace(/[^\w.-]/g, "-")}`,
      () => [[metric.name, ...names], ...names.map((name, a) => [name, ...cells[a].map((other) => other.value ?? "")])],
      { whole: () => ({ metric: metric.name, images: names, pairs: everyPair(cells, names) }) }));
}
