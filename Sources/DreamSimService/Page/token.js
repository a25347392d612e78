// The token of a service that wants one.

import { Refusal, setToken } from "./api.js";
import { dialog, fill, h } from "./elements.js";

let asking = null;

/**
 * Has the token entered. Requests that need it meanwhile wait for the same dialog.
 * @throws Refusal when the dialog is closed without one, with which it can be opened again.
 */
export function askToken(wasWrong) {
  asking ??= opened(wasWrong).finally(() => { asking = null; });
  return asking;
}

function opened(wasWrong) {
  const problem = h("p", { cls: "problem", id: "token-problem", role: "alert" });
  const input = h("input", { type: "password", autocomplete: "off", "aria-label": "Token", "aria-describedby": "token-problem" });
  let isEntered = false;
  const enter = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    const reason = reasonAgainst(text);
    input.setAttribute("aria-invalid", String(Boolean(reason)));
    fill(problem, reason);
    if (reason) {
      input.focus();
      return;
    }
    setToken(text);
    isEntered = true;
    box.close();
  };
  const box = dialog("A token is needed",
    h("form", { onsubmit: enter, novalidate: true },
      h("p", {}, wasWrong ? "The service does not accept that token." : "This service was started with a token; whoever started it can tell you. It is kept until this tab is closed."),
      input, problem, h("button", { cls: "primary" }, "Use it")));
  input.focus();
  return new Promise((resolve, reject) => box.addEventListener("close", () => {
    if (isEntered) resolve();
    else reject(new Refusal("A token is needed", "the service answers only those who have its token", "enter it to continue", 401));
  }));
}

/** Why a text is no token of any service; null when it may be one. */
function reasonAgainst(text) {
  if (text === "") return "Enter the token.";
  const other = [...text].find((character) => !/[\x21-\x7e]/.test(character));
  if (!other) return null;
  return other === " " ? "A token has no spaces." : `A token has only letters, digits and signs of ASCII; ‘${other}’ is none of them.`;
}
