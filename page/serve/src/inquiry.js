import { classify } from "./api.js";

const AT_ONCE = 8;  // pictures a request: the first answers come soon
const ROOM_A_PART = 1000, ROOM_FOR_FIELDS = 4000;  // bytes of a request besides pictures

/** Pictures in portions that the server takes. */
function portions(pictures, { images, body }, namesBytes) {
  const room = body - ROOM_FOR_FIELDS - namesBytes, most = Math.min(AT_ONCE, images), made = [];
  let bytes = Infinity;
  for (const picture of pictures) {
    const size = picture.file.size + ROOM_A_PART;
    if (bytes + size > room || made.at(-1).length >= most) {
      made.push([]);
      bytes = 0;
    }
    made.at(-1).push(picture);
    bytes += size;
  }
  return made;
}

const bytesOf = (text) => new TextEncoder().encode(text ?? "").length;

/** Asks questions about pictures. The latest wins: what was asked before is aborted. */
export class Inquiry {
  #limits; #answered; #waiting; #running = null;

  constructor(limits, { answered, waiting }) {
    this.#limits = limits;
    this.#answered = answered;
    this.#waiting = waiting;
  }

  /** [{question, problem}]: an error for each question that has one; null where others were asked since. */
  async ask(pictures, questions) {
    this.#running?.abort();
    const running = this.#running = new AbortController();
    const keys = new Set(questions.map(({ key }) => key));
    pictures.forEach((picture) => picture.keepAnswers(keys));
    const asked = await Promise.all(questions.map((question) => this.#askOne(pictures, question, running.signal)));
    return running.signal.aborted ? null : asked;
  }

  async #askOne(pictures, question, signal) {
    const open = pictures.filter((picture) => !picture.problem && !picture.answers.has(question.key));
    if (question.lacks) return { question, problem: null };
    try {
      for (const portion of portions(open, this.#limits, bytesOf(question.fields.classes))) {
        const files = portion.map(({ file }) => file);
        const answers = await classify(question.fields, files, { signal, waiting: this.#waiting });
        if (signal.aborted) break;
        portion.forEach((picture, i) => picture.answers.set(question.key, answers[i]));
        this.#answered();
      }
      return { question, problem: null };
    } catch (problem) {
      return { question, problem };
    }
  }
}
