// Asking the service. Problems (RFC 9457) become errors whose message says what is wrong and what to do.

const key = "dreamsim-token";
let askForToken = () => {};

/** Sets what is done when the service wants a token. */
export function onToken(body) { askForToken = body; }
export function setToken(text) { sessionStorage.setItem(key, text); }

export class Problem extends Error {
  constructor(status, title, detail, advice) {
    super([detail || title, advice].filter(Boolean).join(" – "));
    this.status = status;
  }
}

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function ask(path, options = {}) {
  const token = sessionStorage.getItem(key);
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The service does not answer", "The service does not answer", "is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) askForToken();
  const problem = await response.json().catch(() => ({}));
  throw new Problem(response.status, problem.title || `Status ${response.status}`, problem.detail, problem.advice);
}

/** An answer in JSON. */
export async function json(path, options) { return (await ask(path, options)).json(); }

/** An answer that may take long: `progress` is told how far it is until it is there. */
export async function patient(path, progress, options) {
  for (;;) {
    const response = await ask(path, options);
    const body = await response.json();
    if (response.status !== 202) return body;
    progress(body);
    await wait(Number(response.headers.get("Retry-After")) || 1);
  }
}

/** A picture of the service, as an address that an image takes. */
export async function pictureURL(path) {
  if (!sessionStorage.getItem(key)) return path;
  return URL.createObjectURL(await (await ask(path)).blob());
}

/** Sends images. `fields` is a list of names and files. */
export function post(path, fields, options = {}) {
  const body = new FormData();
  for (const [name, file] of fields) body.append(name, file, file.name || "pasted image");
  return ask(path, { ...options, method: "POST", body });
}
