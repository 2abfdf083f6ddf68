import { element } from "../../src/dom.js";
import { titleOf } from "./question.js";

export const percent = (share) => `${(100 * share).toFixed(1)}\u202f%`;

const scoreRow = () => element("li", {},
  ...["bar", "class", "share"].map((part) => element("span", { class: part })));

/** Rows are kept, so that bars move to where they belong. */
function fillScores(list, scores) {
  while (list.children.length > scores.length) list.lastChild.remove();
  scores.forEach((score, i) => {
    const row = list.children[i] ?? list.appendChild(scoreRow());
    const [bar, name, share] = row.children;
    bar.style.width = `${100 * score.probability}%`;
    name.textContent = score.class;
    share.textContent = percent(score.probability);
  });
}

/** One prompt's answer about a picture. */
function answerView({ prompt, slot }, hasTitle) {
  const scores = element("ol"), said = element("p", { class: "said" });
  const view = element("div", { class: "answer", "data-slot": slot },
    hasTitle ? element("h3", {}, titleOf(prompt)) : null, said, scores);
  const fill = (answer, lacks, isSettled) => {
    said.textContent = lacks ? "Type names to see an answer." : answer?.error ?? (answer?.abstained ? "unsure" : "");
    said.hidden = said.textContent === "";
    view.classList.toggle("unsure", Boolean(answer?.abstained));
    if (answer || lacks || isSettled) fillScores(scores, answer?.scores ?? []);
  };
  return { view, fill };
}

const whoOf = (questions) => JSON.stringify(questions.map(({ prompt, slot }) => [prompt.name, slot]));

/** A picture beside its answers. */
class Card {
  #answers = []; #who = null; #columns = element("div", { class: "columns-of-answers" });

  constructor(picture, remove) {
    this.picture = picture;
    const button = element("button", {
      type: "button", class: "remove", "aria-label": `Remove ${picture.name}`, onclick: () => remove(picture),
    }, "×");
    this.view = element("figure", { class: "look-card" },
      picture.view(), element("figcaption", {}, element("span", {}, picture.name), button), this.#columns);
  }

  draw(questions, isSettled) {
    if (this.picture.problem) {
      this.#columns.replaceChildren(element("p", { class: "problem" }, this.picture.problem));
      return;
    }
    if (this.#who !== whoOf(questions)) {
      this.#who = whoOf(questions);
      this.#answers = questions.map((question) => answerView(question, questions.length > 1));
      this.#columns.replaceChildren(...this.#answers.map(({ view }) => view));
    }
    questions.forEach(({ key, lacks }, i) => this.#answers[i].fill(this.picture.answers.get(key), lacks, isSettled));
  }
}

/** All pictures with their answers. */
export class Cards {
  #place; #remove; #cards = new Map();

  constructor(place, remove) {
    this.#place = place;
    this.#remove = remove;
  }

  /** Until questions are settled, earlier answers stay where there are none yet. */
  draw(pictures, questions, isSettled = false) {
    const isKept = new Set(pictures);
    for (const [picture, card] of this.#cards) {
      if (isKept.has(picture)) continue;
      card.view.remove();
      this.#cards.delete(picture);
    }
    for (const picture of pictures) {
      if (!this.#cards.has(picture)) {
        this.#cards.set(picture, new Card(picture, this.#remove));
        this.#place.append(this.#cards.get(picture).view);
      }
      this.#cards.get(picture).draw(questions, isSettled);
    }
    this.#place.dataset.asked = questions.length;
  }
}
