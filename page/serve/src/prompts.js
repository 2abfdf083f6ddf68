import { element, newId } from "../../src/dom.js";
import { addClasses, deletePrompt, getPrompts, promptPath, putPrompt } from "./api.js";
import { confirmed } from "./dialog.js";
import { sizeText } from "./files.js";
import { ZERO_SHOT, titleOf } from "./question.js";

const AT_MOST = 3;  // beside each other
const SLOTS = [1, 2, 3];  // colours; zero-shot has its own

const about = ({ bytes, method, classes }) =>
  [sizeText(bytes), method, classes ? `${classes.length} classes` : null].filter(Boolean).join(", ");

/** The list of prompts: which are asked, and what can be done with each. */
export class PromptList {
  #place; #changed; #failed; #prompts = [ZERO_SHOT]; #slots = new Map([[ZERO_SHOT.name, 0]]);

  constructor(place, { changed, failed }) {
    this.#place = place;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** [{prompt, slot}] of those that are asked, zero-shot first. */
  get chosen() {
    return this.#prompts.filter(({ name }) => this.#slots.has(name))
      .map((prompt) => ({ prompt, slot: this.#slots.get(prompt.name) }));
  }

  has(name) { return this.#prompts.some((prompt) => prompt.name === name); }

  /** Reads the list anew; `changes` names one whose file is another now. */
  async refresh(changes) {
    const revised = new Map(this.#prompts.map(({ name, revision }) => [name, revision]));
    this.#prompts = [ZERO_SHOT, ...(await getPrompts())];
    for (const prompt of this.#prompts) {
      prompt.revision = (revised.get(prompt.name) ?? 0) + (prompt.name === changes ? 1 : 0);
    }
    for (const name of this.#slots.keys()) {
      if (!this.#prompts.some((prompt) => prompt.name === name)) this.#slots.delete(name);
    }
    if (this.#slots.size === 0) this.#slots.set(ZERO_SHOT.name, 0);
    this.#draw();
    this.#changed();
  }

  /** Asks a prompt, too; in the place of another where there are too many. */
  choose(name) {
    const isFull = this.#slots.size >= AT_MOST && !this.#slots.has(name);
    if (isFull) this.#slots.delete([...this.#slots.keys()].at(-1));
    this.#setChosen(name, true);
    this.#draw();
  }

  async upload(file) {
    const name = file.name.replace(/\.qprompt$/, "");
    if (this.has(name) && !await confirmed(`Replace the prompt ${name}?`, "Replace")) return;
    await this.#doing(async () => {
      await putPrompt(name, file);
      await this.refresh(name);
      this.choose(name);
    });
  }

  async #doing(action) {
    this.#failed(null);
    try {
      await action();
    } catch (problem) {
      this.#failed(problem);
    }
  }

  #setChosen(name, isChosen) {
    if (!isChosen) this.#slots.delete(name);
    else if (!this.#slots.has(name)) {
      const taken = new Set(this.#slots.values());
      this.#slots.set(name, name === ZERO_SHOT.name ? 0 : SLOTS.find((slot) => !taken.has(slot)));
    }
    this.#mark();
    this.#changed();
  }

  #draw() {
    this.#place.replaceChildren(...this.#prompts.map((prompt) => this.#row(prompt)));
    this.#mark();
  }

  /** Checks and colours, without building rows anew: what has the focus keeps it. */
  #mark() {
    const isFull = this.#slots.size >= AT_MOST;
    for (const row of this.#place.children) {
      const slot = this.#slots.get(row.dataset.prompt), box = row.querySelector("input[type=checkbox]");
      box.checked = slot !== undefined;
      box.disabled = box.checked ? this.#slots.size === 1 : isFull;
      if (slot === undefined) delete row.dataset.slot;
      else row.dataset.slot = slot;
    }
  }

  #row(prompt) {
    const choose = () => this.#setChosen(prompt.name, box.checked);
    const box = element("input", { type: "checkbox", onchange: choose });
    const label = element("label", {}, box, element("span", { class: "prompt-name" }, titleOf(prompt)));
    return element("li", { "data-prompt": prompt.name }, label,
      prompt.name ? this.#details(prompt) : element("span", { class: "about" }, "the names as they are"));
  }

  #details(prompt) {
    const remove = () => this.#remove(prompt);
    return element("details", {}, element("summary", { class: "about" }, about(prompt)),
      element("div", { class: "actions" },
        element("a", { href: promptPath(prompt.name), download: `${prompt.name}.qprompt` }, "Download"),
        prompt.run ? null : element("button", { type: "button", class: "link", onclick: remove }, "Delete")),
      this.#adding(prompt));
  }

  #remove(prompt) {
    return this.#doing(async () => {
      if (!await confirmed(`Delete the prompt ${prompt.name}? The server keeps no copy.`, "Delete")) return;
      await deletePrompt(prompt.name);
      await this.refresh();
      this.#place.querySelector("input").focus();
    });
  }

  /** What adds a class, or why none can be added. */
  #adding(prompt) {
    const reason = prompt.run ? "It lies in a run’s folder, which the server leaves as it is."
      : prompt.any_classes ? null : "It takes no other classes than its own: what was learned belongs to them.";
    if (reason) return element("p", { class: "note" }, reason);
    const id = newId("add");
    const input = element("input", { type: "text", id, spellcheck: "false", autocomplete: "off" });
    const add = (event) => {
      event.preventDefault();
      if (!input.value.trim()) return input.focus();
      this.#doing(async () => {
        await addClasses(prompt.name, [input.value.trim()]);
        await this.refresh();
        this.#reopen(prompt.name);
      });
    };
    return element("form", { class: "adding", onsubmit: add },
      element("label", { for: id }, "Add a class"), input, element("button", { class: "quiet" }, "Add"));
  }

  #reopen(name) {
    const row = [...this.#place.children].find((each) => each.dataset.prompt === name);
    row.querySelector("details").open = true;
    row.querySelector("input[type=text]").focus();
  }
}
