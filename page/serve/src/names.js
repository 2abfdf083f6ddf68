import { isBound } from "./question.js";

const linesOf = (text) => [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
const several = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** The box of class names. Until somebody types, it has the chosen prompts' own. */
export function namesBox({ box, note, reset }, changed) {
  let typed = null, own = [], bound = false;

  const explain = () => {
    const count = several(linesOf(box.value).length, "name");
    note.textContent = bound ? `${count}. What was learned belongs to these very names, so they cannot be changed.`
      : box.value.trim() ? count : "One name a line.";
    reset.hidden = bound || typed === null || own.length === 0 || typed.trim() === own.join("\n");
  };
  const show = () => {
    box.value = bound || typed === null ? own.join("\n") : typed;
    box.readOnly = bound;
    explain();
  };
  box.addEventListener("input", () => { typed = box.value; explain(); changed(); });
  reset.addEventListener("click", () => { typed = null; show(); box.focus(); changed(); });
  show();

  return {
    names: () => linesOf(box.value),
    /** Has the names of these prompts; where all of them take no others, no others can be typed. */
    follow(prompts) {
      own = [...new Set(prompts.flatMap(({ classes }) => classes ?? []))];
      bound = prompts.length > 0 && prompts.every(isBound);
      show();
    },
  };
}
