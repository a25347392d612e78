// Which of two is closer: a person's answer first, then the metrics' beside it.

import { Work, isAbort, postJSON } from "./api.js";
import { acceptDrops, checkSize, drop, dropZone, fitting, take, view } from "./drop.js";
import { announce, fill, h, notice, progress } from "./elements.js";
import { directionText, format, number, plural } from "./numbers.js";
import { takeAway } from "./table.js";

const places = ["reference", "a", "b"];
const titles = { reference: "Reference", a: "A", b: "B" };

export function voteView(context) {
  const work = new Work();
  let images = { reference: null, a: null, b: null };
  let choice = null;
  let answer = null;

  const slots = Object.fromEntries(places.map((place) => [place, h("div", { cls: `slot ${place}` })]));
  const question = h("div", { cls: "question" });
  const outcome = h("div", {});
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "Which is closer?"),
    h("p", { cls: "lead" }, "Add three images. First choose whether A or B looks more similar to the reference; then see the choices of the metrics."),
    h("div", { cls: "slots" }, slots.a, slots.reference, slots.b), question, outcome);

  for (const place of places) acceptDrops(slots[place], (files) => put(place, files));

  function put(place, files) {
    const empty = [place, ...places.filter((other) => !images[other] && other !== place)];
    for (const file of fitting(files, empty.length, "there was no place for more")) {
      const target = empty.shift();
      if (images[target]) drop(images[target]);
      images[target] = take(file, Object.values(images).filter(Boolean));
    }
    changed();
  }

  function add(files) {
    const empty = places.find((place) => !images[place]);
    if (empty) put(empty, files);
    else {
      clear();
      put("reference", files);
    }
  }

  function clear() {
    for (const place of places) if (images[place]) drop(images[place]);
    images = { reference: null, a: null, b: null };
  }

  function changed() {
    work.stop();
    [choice, answer] = [null, null];
    const wasChoosing = element.contains(document.activeElement) && document.activeElement.type === "file";
    for (const place of places) {
      const image = images[place];
      fill(slots[place], h("h2", {}, titles[place]),
        image ? h("div", { cls: "image" }, view(image, { alt: `${titles[place]}: ${image.name}` }))
          : dropZone({ title: `Choose ${place === "reference" ? "the reference" : `image ${titles[place]}`}`, hint: "or drop, or paste", onFiles: (files) => put(place, files) }),
        image ? h("div", { cls: "slot-foot" }, h("span", { cls: "name", title: image.name }, image.name),
          h("button", { type: "button", cls: "quiet remove", "aria-label": `Remove ${titles[place]}`, onclick: () => { drop(image); images[place] = null; changed(); } }, "×")) : null);
    }
    fill(outcome);
    const isComplete = places.every((place) => images[place]);
    fill(question, isComplete
      ? [h("p", { id: "question" }, "Which of the two looks more similar to the reference?"),
        h("div", { cls: "choices", role: "group", "aria-labelledby": "question" },
          h("button", { type: "button", cls: "primary", onclick: () => choose("A") }, h("kbd", {}, "←"), " A is closer"),
          h("button", { type: "button", cls: "primary", onclick: () => choose("B") }, "B is closer ", h("kbd", {}, "→")))]
      : null);
    // The place where somebody chose a file is gone; the next thing to do has the focus.
    if (wasChoosing) element.querySelector(isComplete ? ".question button" : ".slot input").focus();
    if (isComplete) prepare();
  }

  /** Lets the metrics think while the person does. */
  function prepare() {
    const signal = work.start();
    answer = (async () => {
      checkSize(Object.values(images), context.service.limits.bodyBytes);
      const fields = places.map((place) => [place, images[place]]);
      try {
        return await postJSON("/v1/vote?metric=all", fields, { signal });
      } catch (error) {
        if (isAbort(error) || error.kind !== "incomparable") throw error;
        return await postJSON("/v1/vote?metric=all&resize=256", fields, { signal });
      }
    })();
    answer.catch(() => {});
  }

  async function choose(side) {
    choice = side;
    const mine = answer;
    const line = progress("Computing the metrics…", null);
    fill(question);
    fill(outcome, line.element);
    try {
      const found = await mine;
      if (answer === mine) show(found);
    } catch (error) {
      if (!isAbort(error)) fill(outcome, notice(error, changed));
    } finally {
      line.end();
    }
  }

  function show(found) {
    const agreeing = found.votes.filter((vote) => vote.choice === choice).length;
    const summary = found.votes.length === 0 ? "No metric could choose." : `${agreeing} of ${plural(found.votes.length, "metric")} ${agreeing === 1 ? "agrees" : "agree"} with you.`;
    fill(outcome, h("section", { cls: "outcome" }, h("h2", { tabindex: "-1" }, summary),
      h("div", { cls: "table-scroll", tabindex: "0", role: "region", "aria-label": "Answers" },
        h("table", { cls: "votes" },
          h("thead", {}, h("tr", {}, ["Who", "Closer", "Value of A", "Value of B"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col" }, h("span", { cls: "unseen" }, "Agreement with you")))),
          h("tbody", {},
            h("tr", { cls: "you" }, h("th", { scope: "row" }, "You"), h("td", {}, mark(choice)), h("td", {}, ""), h("td", {}, ""), h("td", {}, "")),
            found.votes.map((vote) => row(vote, found.metrics.find((metric) => metric.name === vote.metric))),
            Object.entries(found.errors ?? {}).map(([name, reason]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { colspan: "4", cls: "problem" }, reason)))))),
      takeAway("votes", () => [["reference", "a", "b", "voter", "choice", "value of a", "value of b"],
        [images.reference.name, images.a.name, images.b.name, "you", choice],
        ...found.votes.map((vote) => [images.reference.name, images.a.name, images.b.name, vote.metric, vote.choice, vote.valueA, vote.valueB])]),
      h("div", { cls: "choices" },
        h("button", { type: "button", onclick: () => { clear(); changed(); slots.reference.querySelector("input")?.focus(); } }, "Three other images"),
        h("button", { type: "button", cls: "quiet", onclick: changed }, "Choose again"))));
    announce(`You chose ${choice}. ${summary}`);
    outcome.querySelector("h2").focus();
  }

  const mark = (side) => h("span", { cls: `mark ${side.toLowerCase()}` }, side === "tie" ? "tie" : side);

  function row(vote, metric) {
    const same = vote.choice === choice;
    return h("tr", {}, h("th", { scope: "row" }, vote.metric, h("small", {}, directionText(metric))),
      h("td", {}, mark(vote.choice)),
      h("td", { cls: vote.choice === "A" ? "closer" : null }, format(number(vote.valueA))),
      h("td", { cls: vote.choice === "B" ? "closer" : null }, format(number(vote.valueB))),
      h("td", { cls: same ? "verdict good" : "verdict soft" }, same ? "agrees" : vote.choice === "tie" ? "undecided" : "disagrees"));
  }

  function key(event) {
    if (choice || !places.every((place) => images[place])) return false;
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return false;
    choose(event.key === "ArrowLeft" ? "A" : "B");
    return true;
  }

  changed();
  return { id: "vote", title: "Vote", element, take: add, key };
}
