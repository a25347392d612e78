// Which of two is closer: the person decides first, then the metrics' answers are shown beside theirs.

import { post } from "./api.js";
import { byId, make, number, say } from "./dom.js";
import { Slot } from "./slots.js";

let reference, a, b;

export function start() {
  const buttons = [...byId("vote-choices").querySelectorAll("button")];
  const changed = () => {
    const isReady = reference.file && a.file && b.file;
    buttons.forEach((button) => { button.disabled = !isReady; });
    byId("vote-results").replaceChildren();
  };
  a = new Slot("A", { hint: "Drop or paste one image here", changed });
  reference = new Slot("Reference", { hint: "Drop or paste the reference here", changed });
  b = new Slot("B", { hint: "Drop or paste one image here", changed });
  byId("vote-slots").append(a.element, reference.element, b.element);
  buttons.forEach((button) => button.addEventListener("click", () => vote(button.dataset.choice)));
}

const words = { A: "A is closer", B: "B is closer", tie: "no difference" };

async function vote(mine) {
  const status = byId("vote-status");
  say(status, "Asking the metrics…");
  try {
    const files = [["reference", reference.file], ["a", a.file], ["b", b.file]];
    const ask = async (extra) => (await post(`/v1/vote?metric=all${extra}`, files)).json();
    let answer = await ask("");
    let note = "";
    if (answer.errors) {
      answer = await ask("&resize=256");
      note = " The images have different sizes; metrics that need equal ones saw them at 256 × 256.";
    }
    say(status, "");
    show(answer, mine, note);
  } catch (error) {
    say(status, error.message, true);
  }
}

function show(answer, mine, note) {
  const agreeing = answer.votes.filter((vote) => vote.choice === mine).length;
  const said = mine === "tie" ? "You could not tell." : `You said ${words[mine]}; ${agreeing} of ${answer.votes.length} metrics say the same.`;
  const rows = answer.votes.map((vote) => make("tr", {},
    make("th", { scope: "row" }, vote.metric.name, make("div.direction", {}, `${vote.metric.direction === "lower is more alike" ? "↓" : "↑"} ${vote.metric.direction}`)),
    make(`td${mine === "tie" ? "" : vote.choice === mine ? ".agrees" : ".differs"}`, {}, words[vote.choice]),
    make("td.number", {}, number(vote.valueA)), make("td.number", {}, number(vote.valueB))));
  byId("vote-results").replaceChildren(make("section.card", {},
    make("h2", {}, said),
    make("p.meaning", {}, `The numbers are between the reference and each image.${note}`),
    make("div.scroll", {}, make("table", {},
      make("thead", {}, make("tr", {}, ...["Metric", "Its answer"].map((text) => make("th", { scope: "col" }, text)), ...["A", "B"].map((text) => make("th.number", { scope: "col" }, text)))),
      make("tbody", {}, ...rows))),
    ...Object.entries(answer.errors || {}).map(([name, text]) => make("p.notice", {}, `${name}: ${text}`))));
}
