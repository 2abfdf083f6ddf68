// The server's answers, and its errors as it words them.

/** An answer that is an error: a problem document (RFC 9457). */
export class Problem extends Error {
  constructor({ status, title, detail }) {
    super(detail || title || `The server answered ${status}.`);
    this.status = status;
  }
}

const TOKEN = "qprompt-token";
export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? "",
  set: (text) => sessionStorage.setItem(TOKEN, text.trim()),
};

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem({ title: response.statusText, ...said, status: response.status });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}

async function send(path, options) {
  const headers = { ...options.headers };
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  try {
    return await fetch(path, { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem({ title: "The server does not answer. Is qprompt serve still running?" });
  }
}

/** The server's response. Where it is busy (429), tells `waiting` for how many seconds, and asks again. */
async function request(path, { waiting = () => {}, ...options } = {}) {
  for (;;) {
    const response = await send(path, options);
    if (response.ok) return response;
    if (response.status !== 429) throw await problemOf(response);
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    waiting(seconds);
    await pause(seconds, options.signal);
  }
}

const json = async (...args) => (await request(...args)).json();

function formOf(fields, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value != null) form.append(name, value);
  for (const [name, file] of files) form.append(name, file, file.name);
  return form;
}

/** Where a prompt lies; its file can be downloaded from there. */
export const promptPath = (name) => `v1/prompts/${encodeURIComponent(name)}`;

export const getModel = () => json("v1/model");
export const getPrompts = async () => (await json("v1/prompts")).prompts;

/** fields: prompt, classes, template, top, min_confidence; an answer for each file, in their order. */
export const classify = async (fields, files, options) => (await json("v1/classify", {
  ...options, method: "POST",
  body: formOf({ ...fields, skip_bad_images: true }, files.map((file) => ["image", file])),
})).images;

export const putPrompt = (name, file) => json(promptPath(name), {
  method: "PUT", body: file, headers: { "Content-Type": "application/octet-stream" },
});
export const deletePrompt = (name) => request(promptPath(name), { method: "DELETE" });
export const addClasses = async (name, classes) => (await json(`${promptPath(name)}/classes`, {
  method: "POST", body: JSON.stringify({ classes }), headers: { "Content-Type": "application/json" },
})).classes;

/** lesson: {name, replace, settings, classes: [[class name, files]]}; the number of the learning. */
export const learn = async ({ name, replace, settings, classes }, options) => (await json("v1/learn", {
  ...options, method: "POST",
  body: formOf({ name, replace, settings: JSON.stringify(settings) },
    classes.flatMap(([label, files]) => files.map((file) => [`image:${label}`, file]))),
})).id;
export const stopLearning = (id) => request(`v1/learn/${id}`, { method: "DELETE" });

/** Calls events.restarted, .progress, .epoch, and .done or .failed at last, with what the server sends. */
export function watchLearning(id, events) {
  const source = new EventSource(`v1/learn/${id}/events`);
  const on = (name, isLast) => source.addEventListener(name, ({ data }) => {
    if (isLast) source.close();
    events[name](JSON.parse(data));
  });
  for (const name of ["progress", "epoch"]) on(name, false);
  for (const name of ["done", "failed"]) on(name, true);
  source.addEventListener("open", events.restarted);  // a connection begins with all events so far
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;  // the browser connects again
    events.failed({ detail: "The server no longer knows this learning." });
  });
}
