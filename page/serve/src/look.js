// The part of the page that answers: pictures, names, prompts and options make questions.
import { csvText } from "../../src/data.js";
import { element, saveButton } from "../../src/dom.js";
import { cameraButton } from "./camera.js";
import { Cards, percent } from "./cards.js";
import { dropButton, takesDrops } from "./drop.js";
import { droppedFiles } from "./files.js";
import { Inquiry } from "./inquiry.js";
import { namesBox } from "./names.js";
import { Picture } from "./picture.js";
import { PromptList } from "./prompts.js";
import { questionOf, titleOf } from "./question.js";

const byId = (id) => document.getElementById(id);
const PAUSE = 200;  // ms after a change before it is asked about
const several = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const isPrompt = ({ file }) => file.name.endsWith(".qprompt");

function options() {
  return { top: byId("top").value, least: byId("least").value / 100, template: byId("template").value.trim() };
}

/** What all answers come to, in a sentence. */
function summaryOf(pictures, questions) {
  const asked = questions.filter(({ lacks }) => !lacks);
  if (pictures.length === 0) return "";
  if (asked.length === 0) return "Type names, and the answers appear.";
  const bests = pictures.map(({ answers }) => asked.map(({ key }) => answers.get(key)?.scores?.[0]));
  const answered = bests.filter((best) => best.every(Boolean));
  if (answered.length === 0) return several(pictures.length, "picture");
  if (asked.length === 1 && pictures.length === 1) return `${bests[0][0].class}, ${percent(bests[0][0].probability)}`;
  if (asked.length === 1) return `${several(answered.length, "picture")} answered`;
  const agree = answered.filter((best) => best.every((score) => score.class === best[0].class)).length;
  const who = asked.map(({ prompt }) => titleOf(prompt)).join(", ");
  return `${who}: the same answer for ${agree} of ${several(answered.length, "picture")}`;
}

const rowsOf = (pictures, questions) => pictures.flatMap(({ name, answers }) =>
  questions.flatMap(({ prompt, key }) => (answers.get(key)?.scores ?? []).map((score) =>
    [name, titleOf(prompt), score.class, score.probability])));

/** The errors of questions as one, each with whom it is about. */
function errorOf(asked) {
  const failures = asked.filter(({ problem }) => problem);
  if (failures.length === 0) return null;
  return new Error(failures.map(({ question, problem }) => `${titleOf(question.prompt)}: ${problem.message}`).join(" "));
}

/** Shows pictures with what is answered about them. */
export class Look {
  #pictures = []; #questions = []; #timer = null; #cards; #inquiry; #names; #failed; #limits;

  constructor(limits, failed) {
    this.#limits = limits;
    this.#failed = failed;
    const later = () => this.#later();
    this.#cards = new Cards(byId("cards"), (picture) => this.#remove(picture));
    this.#inquiry = new Inquiry(limits, {
      answered: () => this.#draw(),
      waiting: (seconds) => { byId("waiting").textContent = `The server is busy; asked again in ${seconds} s.`; },
    });
    this.#names = namesBox({ box: byId("names"), note: byId("names-note"), reset: byId("names-reset") }, later);
    this.prompts = new PromptList(byId("prompts"), {
      changed: () => { this.#names.follow(this.prompts.chosen.map(({ prompt }) => prompt)); later(); },
      failed: (problem) => failed(problem, "prompts-problem"),
    });
    this.#wireControls(later);
    this.#wireGiving();
  }

  #wireControls(later) {
    const showLeast = () => { byId("least-shown").textContent = `${byId("least").value}\u202f%`; };
    byId("least").addEventListener("input", showLeast);
    byId("template").addEventListener("input", later);
    for (const id of ["top", "least"]) byId(id).addEventListener("change", later);
    byId("clear").addEventListener("click", () => {
      this.#pictures.forEach((picture) => this.#remove(picture));
      byId("given").querySelector("button").focus();
    });
    const save = saveButton("Save as CSV", "answers.csv", () =>
      csvText([["image", "prompt", "class", "probability"], ...rowsOf(this.#pictures, this.#questions)]));
    save.id = "save";
    byId("save").replaceWith(save);
    byId("upload").addEventListener("click", () => byId("upload-file").click());
    byId("upload-file").addEventListener("change", ({ target }) => {
      if (target.files[0]) this.prompts.upload(target.files[0]);
      target.value = "";
    });
  }

  #wireGiving() {
    const add = (found) => this.#add(found);
    byId("given").append(
      dropButton("Add pictures", "drop them here, choose or paste them", add), cameraButton(add));
    takesDrops(document.documentElement, add);  // whatever is dropped beside its place
    document.addEventListener("paste", async (event) => {
      const { files, types } = event.clipboardData;
      if (files.length === 0 || types.includes("text/plain")) return;  // tables come as pictures, too
      event.preventDefault();
      add(await droppedFiles(event.clipboardData));
    });
    this.#draw();
  }

  async #add(found) {
    const pictures = found.filter((each) => !isPrompt(each));
    this.#pictures.push(...pictures.map(({ file }) => new Picture(file, this.#limits)));
    this.#later();
    for (const { file } of found.filter(isPrompt)) await this.prompts.upload(file);
  }

  #remove(picture) {
    this.#pictures = this.#pictures.filter((each) => each !== picture);
    picture.forget();
    this.#draw();
  }

  #later() {
    this.#questions = this.prompts.chosen.map((chosen) => questionOf(chosen, this.#names.names(), options()));
    this.#draw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    byId("cards").setAttribute("aria-busy", "true");
    byId("waiting").textContent = "";
    const asked = await this.#inquiry.ask(this.#pictures, this.#questions);
    if (!asked) return;
    byId("cards").removeAttribute("aria-busy");
    byId("waiting").textContent = "";
    this.#failed(errorOf(asked), "answers-problem");
    this.#cards.draw(this.#pictures, this.#questions, true);
    byId("summary").textContent = summaryOf(this.#pictures, this.#questions);
  }

  #draw() {
    const isEmpty = this.#pictures.length === 0;
    byId("given").classList.toggle("nothing", isEmpty);
    byId("clear").hidden = byId("save").hidden = isEmpty;
    if (isEmpty) byId("summary").textContent = "";
    this.#cards.draw(this.#pictures, this.#questions);
  }
}

