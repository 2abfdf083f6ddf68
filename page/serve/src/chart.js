// A line over the epochs, as it grows. (Observable Plot, which the reports have, writes style elements
// into its pictures: this page's security policy refuses them.)
import { element } from "../../src/dom.js";

const WIDTH = 300, HEIGHT = 150, LEFT = 34, RIGHT = 8, TOP = 10, BOTTOM = 22;

function shape(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text != null) made.textContent = text;
  return made;
}

/** The next of 1, 2, 5, 10, ... from a value upwards. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-6)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** series: [{field, name}] of epochs; top: the axis's end, else what the values reach. */
export function epochChart(title, series, { top = null, unit = "" } = {}) {
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const value = element("b");
  const figure = element("figure", { class: "chart" }, element("figcaption", {}, title, " ", value), picture);

  function draw(epochs) {
    const last = epochs.at(-1), most = last?.epochs ?? 1;
    const end = top ?? niceAbove(Math.max(...epochs.map((each) => each[series[0].field]), 1e-3));
    const x = (epoch) => LEFT + (WIDTH - LEFT - RIGHT) * (most > 1 ? (epoch - 1) / (most - 1) : 0.5);
    const y = (number) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.min(number / end, 1);
    const grid = [0, 0.5, 1].flatMap((part) => [
      shape("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(part * end), y2: y(part * end) }),
      shape("text", { x: LEFT - 6, y: y(part * end) + 4, "text-anchor": "end" }, String(+(part * end).toPrecision(3)))]);
    const lines = series.flatMap(({ field, name }) => {
      const points = epochs.filter((each) => each[field] != null).map((each) => [x(each.epoch), y(each[field])]);
      if (points.length === 0) return [];
      const [cx, cy] = points.at(-1);
      return [shape("path", { class: `line ${name}`, d: path(points) }), shape("circle", { class: name, cx, cy, r: 3 })];
    });
    picture.replaceChildren(...grid,
      shape("text", { x: LEFT, y: HEIGHT - 5 }, "1"),
      shape("text", { x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, `epoch ${most}`), ...lines);
    const now = last ? `${last[series[0].field].toPrecision(3)}${unit}` : "";
    value.textContent = now;
    picture.setAttribute("aria-label", last ? `${title}: ${now} after epoch ${last.epoch} of ${most}` : title);
  }
  return { figure, draw };
}
