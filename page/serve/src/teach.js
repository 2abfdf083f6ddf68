import { element } from "../../src/dom.js";
import { learn, stopLearning } from "./api.js";
import { confirmed } from "./dialog.js";
import { dropButton } from "./drop.js";
import { sizeText } from "./files.js";
import { LearningView } from "./learning.js";
import { Lesson } from "./lesson.js";

const byId = (id) => document.getElementById(id);

/** Those that were filled in; the server knows what the others are best. */
function settings() {
  const all = ["epochs", "bits"].map((name) => [name, byId(name).value.trim()]);
  return Object.fromEntries(all.filter(([, value]) => value));
}

function nameOfPrompt() {
  const input = byId("prompt-name");
  if (input.value.trim()) return input.value.trim();
  input.focus();
  throw new Error("The prompt has no name.");
}

const sizeOf = (classes) => classes.flatMap(([, files]) => files).reduce((sum, { size }) => sum + size, 0);

/** What is to be learned, as it was filled in; throws an error that says what is missing. */
function filledIn(lesson, limits) {
  const classes = lesson.classes(), bytes = sizeOf(classes);
  if (bytes > limits.body) {
    throw new Error(`The pictures have ${sizeText(bytes)}; this server takes ${sizeText(limits.body)} at once.`);
  }
  return { name: nameOfPrompt(), settings: settings(), classes, bytes };
}

/** The part of the page that teaches. `failed` gets what goes wrong, with where it is shown. */
export function teaching(limits, prompts, { failed, showAnswers }) {
  const lesson = new Lesson(byId("classes"), limits);
  const view = new LearningView({
    status: byId("learn-status"), progress: byId("learn-progress"), charts: byId("charts"), learned: byId("learned"),
  }, showAnswers);
  const addClass = () => lesson.addRow().focus();
  byId("more-classes").append(
    element("button", { type: "button", class: "quiet", id: "add-class", onclick: addClass }, "Add a class"),
    dropButton("Add folders", "each becomes a class", (found) => lesson.addFolders(found), { folders: true }));

  const setBusy = (isBusy) => { byId("learn-button").disabled = isBusy; byId("stop").hidden = !isBusy; };
  let stop = () => {};
  byId("stop").addEventListener("click", () => stop());

  async function learnNow(wanted) {
    const sending = new AbortController();
    stop = () => sending.abort(new Error("Stopped."));
    view.begin(`Sending ${sizeText(wanted.bytes)} …`);
    const id = await learn(wanted, {
      signal: sending.signal,
      waiting: (seconds) => view.begin(`The server is busy; asked again in ${seconds} s.`),
    });
    stop = () => stopLearning(id).catch((problem) => failed(problem, "learn-problem"));
    const outcome = await view.follow(id);
    await prompts.refresh(wanted.name);
    prompts.choose(wanted.name);
    view.show(outcome);
  }

  byId("learn").addEventListener("submit", async (event) => {
    event.preventDefault();
    failed(null, "learn-problem");
    try {
      const wanted = filledIn(lesson, limits);
      wanted.replace = prompts.has(wanted.name);
      if (wanted.replace && !await confirmed(`Replace the prompt ${wanted.name}?`, "Replace")) return;
      setBusy(true);
      await learnNow(wanted);
    } catch (problem) {
      view.end();
      failed(problem, "learn-problem");
    } finally {
      setBusy(false);
    }
  });
}
