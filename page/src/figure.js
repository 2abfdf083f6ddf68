import { element, newId } from "./dom.js";
import { draw } from "./plots.js";
import { tableView } from "./table.js";

/** A figure: its picture, as wide as there is room, a choice of what it shows, and its data. */
export function figureBlock(figure, data, { heading = "h3" } = {}) {
  const id = newId("figure");
  const picture = element("div", { class: "picture" });
  const records = data.records();
  const choices = figure.choice ? [...new Set(records.map((record) => record[figure.choice]))] : [];
  const select = element("select", { onchange: () => redraw() },
    ...choices.map((choice) => element("option", { value: choice }, choice)));
  let width = 0;

  function redraw() {
    const shown = choices.length ? records.filter((record) => record[figure.choice] === select.value) : records;
    picture.replaceChildren(draw(figure, data, shown, width));
  }

  // Drawn when it has a place, and again when that becomes wider or narrower.
  new ResizeObserver(([{ contentRect }]) => {
    const now = Math.floor(contentRect.width);
    if (now === width || now === 0) return;
    width = now;
    redraw();
  }).observe(picture);

  const details = element("details", {
    ontoggle: () => {
      if (details.open && !details.querySelector("table")) details.append(tableView(data, { compact: true }));
    },
  }, element("summary", {}, "Data"));
  return element("figure", { class: "block", "data-figure-id": figure.id, "aria-labelledby": id },
    element(heading, { id }, figure.title),
    choices.length > 1 ? element("label", { class: "choice" }, `${capital(figure.choice)} `, select) : null,
    picture,
    figure.caption ? element("figcaption", { class: "note" }, figure.caption) : null,
    details);
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
