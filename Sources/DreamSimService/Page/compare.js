// Two or more images: the distance of each to the first, or of all pairs.

import { Refusal, Work, isAbort, postJSON } from "./api.js";
import { pixelMetrics, showControls } from "./controls.js";
import { checkSize, drop, fitting, take } from "./drop.js";
import { announce, fill, h, notice, progress } from "./elements.js";
import { guide } from "./guide.js";
import { matrixPanel, measure, most, pairsInOrder } from "./matrix.js";
import { firstToRank, format, plural } from "./numbers.js";
import { joined, showPair } from "./pair.js";
import { ranked, rankingPanel } from "./ranking.js";
import { reveal } from "./reveal.js";
import { showTray } from "./tray.js";

/** How many images a request takes, so that much work shows how far it is. */
const together = 8;

export function compareView(context) {
  const work = new Work();
  const pairWork = new Work();
  let images = [];
  let way = "reference";
  let answer = null;
  /** The values of all pairs of images, by metric and size. */
  let measured = new Map();
  let chosen = null;
  let resize = "";
  let leader = firstToRank(context.metrics).name;
  const wanted = new Set(context.metrics.map((metric) => metric.name));

  const tray = h("div", { cls: "tray" });
  const controls = h("div", { cls: "controls" });
  const state = h("div", { cls: "state" });
  const results = h("div", {});
  const pair = h("div", { cls: "pair", id: "pair" });
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "How similar do they look?"),
    h("p", { cls: "lead" }, "Add two or more images. The first is the reference; every metric measures the distance of the others to it."),
    tray, controls, state, results, pair);

  // What is there.

  function add(files) {
    const { images: most } = context.service.limits;
    const taken = fitting(files, most - images.length, `${most} images at most are compared at a time`);
    for (const file of taken) images.push(take(file, images));
    announce(`${plural(taken.length, "image")} added, ${images.length} in all.`);
    changed();
  }

  function remove(image) {
    images = images.filter((other) => other !== image);
    drop(image);
    changed();
  }

  function lead(image) {
    images = [image, ...images.filter((other) => other !== image)];
    announce(`${image.name} is the reference now.`);
    changed();
  }

  function changed() {
    answer = null;
    measured = new Map();
    showTray(tray, images, { add, clear, lead, remove });
    choices();
    run();
  }

  function clear() {
    images.forEach(drop);
    images = [];
    changed();
  }

  const hasPairs = () => images.length > 2;

  function choices() {
    if (images.length < 2) {
      fill(controls);
      return;
    }
    showControls(controls, context.metrics, wanted, { way, resize, hasPairs: hasPairs() }, {
      way: (value) => { way = value; choices(); run(); }, resize: resizeTo, metrics: run,
    });
  }

  function resizeTo(side) {
    resize = side;
    choices();
    run();
  }

  /** What brings images of different sizes to one, where that was not done. */
  const onResize = () => (resize ? null : () => resizeTo("256"));

  // What is asked.

  async function run() {
    work.stop();
    pairWork.stop();
    fill(state);
    if (images.length < 2) {
      fill(results);
      fill(pair);
      wait(false);
      if (images.length === 0) fill(state, guide(add));
      if (images.length === 1) fill(state, h("p", { cls: "soft next-step" }, "One more image, and they can be compared."));
      return;
    }
    const ask = way === "pairs" && hasPairs() ? askPairs : askReference;
    const signal = work.start();
    let line = null;
    const begin = (label) => {
      line = progress(label, () => {
        work.stop();
        wait(false);
        fill(state, h("p", { cls: "soft" }, "Stopped. "), h("button", { type: "button", onclick: run }, "Compare again"));
      });
      fill(state, line.element);
      return line;
    };
    wait(true);
    try {
      await ask(signal, begin);
    } catch (error) {
      if (isAbort(error)) return;
      fill(results);
      fill(pair);
      fill(state, notice(error, run));
    } finally {
      line?.end();
      // Newer work has these places for itself.
      if (!signal.aborted) wait(false);
    }
  }

  function wait(isWaiting) {
    for (const place of [results, pair]) place.classList.toggle("waiting", isWaiting);
  }

  const named = () => context.metrics.map((metric) => metric.name).filter((name) => wanted.has(name));

  function question(metrics) {
    const query = new URLSearchParams({ metric: metrics.join(",") });
    if (resize) query.set("resize", resize);
    return `/v1/compare?${query}`;
  }

  const form = (reference, others) => [["reference", reference], ...others.map((image) => ["image", image])];

  async function askReference(signal, begin) {
    const [reference, ...others] = images;
    const metrics = named();
    const line = begin(`Comparing ${plural(others.length, "image")} by ${plural(metrics.length, "metric")}…`);
    const parts = [];
    for (let start = 0; start < others.length; start += together) {
      const part = others.slice(start, start + together);
      checkSize([reference, ...part], context.service.limits.bodyBytes);
      parts.push(await compareSome(metrics, reference, part, signal));
      line.update(start + part.length, others.length, others.length > together ? `${start + part.length} of ${others.length} images compared…` : null);
    }
    const profiles = await context.profiles(resize);
    signal.throwIfAborted();
    answer = joined(context, parts, profiles);
    if (!answer.metrics.some((metric) => metric.name === leader)) leader = answer.metrics[0].name;
    fill(state);
    showRanking();
    announce(`Compared. ${answer.results.length > 0 ? `The most similar by ${leader} is ${order()[0].image}.` : "No image could be compared."}`);
  }

  /** What the service says of some of the images. */
  async function compareSome(metrics, reference, part, signal) {
    try {
      return await postJSON(question(metrics), form(reference, part), { signal });
    } catch (error) {
      // That none of these can be compared says nothing of the others, unless it is for the reference.
      if (isAbort(error) || !error.failures || error.failures.some((failure) => failure.field !== "image")) throw error;
      return { metrics: metrics.map((name) => ({ name })), results: [], failures: error.failures, warnings: [] };
    }
  }

  async function askPairs(signal, begin) {
    if (images.length > most) {
      throw new Refusal("Too many images for all pairs", `this shows all pairs of up to ${most} images, and there are ${images.length}`, "remove some, or compare them against the reference", 413);
    }
    const metric = context.metrics.find((other) => other.name === leader);
    const key = `${leader} ${resize}`;
    if (!measured.has(key)) {
      const line = begin(`Comparing all pairs of ${images.length} images by ${leader}…`);
      const cells = await measure(context, images, metric, resize, signal, (done, total) =>
        line.update(done, total, done < total ? `${done.toLocaleString("en")} of ${total.toLocaleString("en")} pairs compared…` : null));
      measured.set(key, cells);
    }
    fill(state);
    showMatrix(metric, measured.get(key));
  }

  // What was found.

  const order = () => ranked(answer.results, answer.metrics.find((metric) => metric.name === leader));

  function showRanking() {
    const rows = order();
    if (!rows.some((row) => row.image === chosen)) chosen = rows[0]?.image ?? null;
    const show = () => {
      const row = answer.results.find((other) => other.image === chosen);
      if (row) showPair(pair, context, [images[0], images.find((other) => other.name === chosen)], answer, row, { onResize, onBack: rows.length > 1 ? back : null });
      else fill(pair);
    };
    fill(results, failureNotices(),
      answer.warnings.length > 0 ? h("p", { cls: "notice" }, answer.warnings.join("; ")) : null,
      rows.length > 1 ? rankingPanel(rows, {
        answer, images, leader, chosen, resize,
        onLeader: (name) => { leader = name; showRanking(); results.querySelector(".ranking select").focus(); },
        onChoose: (name) => { chosen = name; show(); reveal(pair); },
      }) : null);
    show();
  }

  /** From a pair to where it was chosen. */
  const back = {
    words: () => (way === "pairs" && hasPairs() ? "Back to all pairs" : "Back to the ranking"),
    go: () => {
      reveal(results);
      results.querySelector("[aria-pressed=true]")?.focus();
    },
  };

  /** Says what was left out, and why. A file that the browser can show is whole: it is its size that does not fit. */
  function failureNotices() {
    const isWhole = ({ image: name }) => images.find((image) => image.name === name)?.canBeShown;
    const isOfSize = (failure) => isWhole(failure) && !resize && answer.metrics.every((metric) => pixelMetrics(context.metrics).includes(metric.name));
    const notices = answer.failures.map((failure) => notice(new Refusal(
      `${failure.image} was left out`, failure.error.replace(`${failure.image}: `, ""),
      isOfSize(failure) ? "choose one size for all, or a model, which sees images of any size" : "see whether the file is whole, then add it anew")));
    const sizeButton = answer.failures.some(isOfSize)
      ? h("p", {}, h("button", { type: "button", onclick: () => resizeTo("256") }, "Compare at 256 × 256 pixels")) : null;
    return [notices, sizeButton];
  }

  function showMatrix(metric, cells) {
    const picker = h("label", { cls: "field" }, "by",
      h("select", { onchange: async (event) => { leader = event.target.value; await run(); results.querySelector(".pairs select")?.focus(); } },
        context.metrics.map((other) => h("option", { value: other.name, selected: other.name === leader }, other.name))));
    const closest = pairsInOrder(cells, metric)[0];
    const hasReasons = cells.flat().some((cell) => cell.reason);
    fill(results, matrixPanel({ images, metric, cells, picker, onChoose: (a, b) => lookAt(images[a], images[b]) }),
      hasReasons && !resize ? h("p", { cls: "notice" }, "Where there is a dash, the pair has no value, as when sizes differ; the cell says why. ",
        h("button", { type: "button", onclick: () => resizeTo("256") }, "Compare at 256 × 256 pixels")) : null);
    fill(pair);
    announce(closest ? `Compared. The most similar by ${metric.name} are ${images[closest.a].name} and ${images[closest.b].name}, at ${format(closest.value)}.` : "No pair has a value.");
  }

  /** Shows a pair of the table, by every metric. */
  async function lookAt(a, b) {
    const signal = pairWork.start();
    pair.classList.add("waiting");
    const line = progress(`Comparing ${a.name} and ${b.name}…`, null);
    fill(state, line.element);
    try {
      checkSize([a, b], context.service.limits.bodyBytes);
      const part = await postJSON(question(named()), form(a, [b]), { signal });
      const found = joined(context, [part], await context.profiles(resize));
      signal.throwIfAborted();
      if (found.results.length === 0) throw new Refusal("The pair cannot be compared", found.failures[0]?.error ?? "there is no value", null, 422);
      showPair(pair, context, [a, b], found, found.results[0], { onResize, onBack: back });
      reveal(pair);
      announce(`${a.name} and ${b.name}.`);
    } catch (error) {
      if (isAbort(error)) return;
      fill(pair, notice(error, () => lookAt(a, b)));
      reveal(pair);
    } finally {
      line.end();
      if (!signal.aborted) pair.classList.remove("waiting");
    }
  }

  changed();
  return { id: "compare", title: "Compare", element, take: add };
}
