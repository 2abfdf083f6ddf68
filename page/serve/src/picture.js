import { element } from "../../src/dom.js";
import { sizeText } from "./files.js";

/** A picture that somebody gave: its file, what is shown of it, and what was answered. */
export class Picture {
  constructor(file, limits) {
    this.file = file;
    this.address = URL.createObjectURL(file);
    this.answers = new Map();  // by question (question.js)
    this.problem = file.size > limits.body
      ? `It has ${sizeText(file.size)}; this server takes ${sizeText(limits.body)} at once.` : null;
  }

  get name() { return this.file.name; }

  /** Its thumbnail; a format that the browser cannot show, the server may read all the same. */
  view() {
    const image = element("img", { src: this.address, alt: this.name, class: "thumb", onerror: () => {
      image.replaceWith(element("span", { class: "thumb unseen", role: "img", "aria-label": this.name }, "no preview"));
    } });
    return image;
  }

  keepAnswers(questions) {
    for (const key of this.answers.keys()) if (!questions.has(key)) this.answers.delete(key);
  }

  forget() { URL.revokeObjectURL(this.address); }
}
