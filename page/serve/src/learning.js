// The view of a prompt that is being learned: how far it is, accuracy and loss by epoch, what came out.
import { element } from "../../src/dom.js";
import { promptPath, watchLearning } from "./api.js";
import { epochChart } from "./chart.js";
import { sizeText } from "./files.js";

const STAGES = { images: "Reading the pictures", training: "Training" };

const hundredfold = (share) => (share == null ? null : 100 * share);
const inPercent = (epoch) =>
  ({ ...epoch, accuracy: hundredfold(epoch.accuracy), validation: hundredfold(epoch.validation) });
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

export class LearningView {
  #places; #showAnswers; #epochs = []; #isDue = false;
  #accuracy = epochChart("Accuracy",
    [{ field: "accuracy", name: "training" }, { field: "validation", name: "held out" }],
    { top: 100, unit: "\u202f%" });
  #loss = epochChart("Loss", [{ field: "loss", name: "training" }]);

  /** places: {status, progress, charts, learned}. */
  constructor(places, showAnswers) {
    this.#places = places;
    this.#showAnswers = showAnswers;
    places.charts.append(this.#accuracy.figure, this.#loss.figure);
  }

  begin(text) {
    const { status, progress, charts, learned } = this.#places;
    this.#epochs = [];
    learned.hidden = charts.hidden = true;
    progress.hidden = false;
    progress.removeAttribute("value");
    status.textContent = text;
  }

  end(text = "") {
    this.#places.progress.hidden = true;
    this.#places.status.textContent = text;
  }

  /** Follows a learning until it is done: its prompt, and notices; or throws what it failed of. */
  follow(id) {
    const { status, progress, charts } = this.#places;
    return new Promise((resolve, reject) => watchLearning(id, {
      restarted: () => { this.#epochs = []; },
      progress: ({ stage, done, total }) => {
        status.textContent = STAGES[stage] ?? stage;
        progress.max = total;
        progress.value = done;
      },
      epoch: (epoch) => {
        this.#epochs.push(inPercent(epoch));
        status.textContent = STAGES.training;
        progress.max = epoch.epochs;
        progress.value = epoch.epoch;
        charts.hidden = false;
        this.#drawSoon();
      },
      done: resolve,
      failed: ({ detail, title }) => reject(new Error(detail || title)),
    }));
  }

  /** Epochs may come faster than pictures can be shown. */
  #drawSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#accuracy.draw(this.#epochs);
      this.#loss.draw(this.#epochs);
    });
  }

  show({ prompt, notices }) {
    const { learned } = this.#places;
    this.end(`${prompt.name} is learned.`);
    learned.hidden = false;
    learned.replaceChildren(
      element("p", { class: "size" }, element("b", {}, sizeText(prompt.bytes)),
        ` hold what ${prompt.name} learned${prompt.classes ? ` of ${prompt.classes.length} classes` : ""}.`),
      ...(notices ?? []).map((notice) => element("p", { class: "note" }, sentence(notice))),
      element("div", { class: "tools" },
        element("a", { class: "main", href: promptPath(prompt.name), download: `${prompt.name}.qprompt` }, "Download"),
        element("button", { type: "button", class: "quiet", onclick: this.#showAnswers }, "See its answers")));
  }
}
