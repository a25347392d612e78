// Asking the service.

/**
 * Why there is no answer, in words. One of the service also has its `kind`, such as "incomparable", and where it is images that keep
 * the request from having a result their `failures`.
 */
export class Refusal extends Error {
  constructor(title, detail, advice, status = 0, { kind = null, failures = null } = {}) {
    super(detail);
    Object.assign(this, { title, detail: plain(detail), advice, status, kind, failures });
  }
}

/** A text of the service without what is of use to the command and to programs only; the page has its own ways. */
export const plain = (text) => text.replace(/; bring both to one size \(.*?\)/g, "");

const tokenKey = "dreamsim-token";
let askForToken = null;

/** How the token is asked for when the service wants one. */
export function onToken(ask) { askForToken = ask; }

const token = () => sessionStorage.getItem(tokenKey);
export const setToken = (text) => sessionStorage.setItem(tokenKey, text);

/** Where a path of the service is: below the page, which a proxy may have put into a folder. */
const at = (path) => new URL(path.replace(/^\//, ""), document.baseURI);

async function fetched(path, options) {
  const headers = new Headers(options.headers);
  if (token()) headers.set("Authorization", `Bearer ${token()}`);
  try {
    return await fetch(at(path), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(
      "The service does not answer", "no answer came from the service that this page belongs to",
      "see whether 'dreamsim serve' is still running, then try again");
  }
}

const pause = (seconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, seconds * 1000);
  signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});

async function refusal(response) {
  try {
    const problem = await response.json();
    const kind = problem.type?.split(":").pop();
    const isOfImage = problem.failures && kind !== "incomparable";
    // How programs bring images to one size says nothing to people.
    const advice = kind === "incomparable" ? null : problem.advice ?? (isOfImage ? "remove the image, or choose another in its place" : null);
    return new Refusal(problem.title, problem.detail, advice, response.status, { kind, failures: problem.failures });
  } catch {
    return new Refusal("The service has no answer", `it answered with status ${response.status}`, "try again", response.status);
  }
}

/** Asks, waits where the service says that it is busy, and has the token asked for where one is needed. */
export async function ask(path, options = {}) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetched(path, options);
    if (response.ok) return response;
    const wait = Number(response.headers.get("Retry-After"));
    if (response.status === 503 && wait > 0 && attempt < 4) {
      await pause(Math.min(wait, 10), options.signal);
      continue;
    }
    if (response.status === 401 && askForToken && attempt < 4) {
      await askForToken(Boolean(token()));
      continue;
    }
    throw await refusal(response);
  }
}

export const getJSON = async (path, options) => (await ask(path, options)).json();

/** Sends images by the names of their fields. */
export function post(path, fields, options = {}) {
  const form = new FormData();
  for (const [name, image] of fields) form.append(name, image.file, image.name);
  return ask(path, { ...options, method: "POST", body: form });
}

export const postJSON = async (path, fields, options) => (await post(path, fields, options)).json();

export const isAbort = (error) => error?.name === "AbortError";

/** Shows an image of the service, which may need the token. */
export async function show(image, path) {
  if (!token()) {
    image.src = at(path);
    return;
  }
  const url = URL.createObjectURL(await (await ask(path)).blob());
  image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  image.src = url;
}

/** The one running task of a place; new work ends the old. */
export class Work {
  #controller = null;

  start() {
    this.stop();
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  stop() {
    this.#controller?.abort();
    this.#controller = null;
  }
}
