// A line over the epochs, as it grows. (Observable Plot, which the reports have, writes style elements
// into its pictures: this page's security policy refuses them.)
import { element } from "../../src/dom.js";

const WIDTH = 400, HEIGHT = 150, LEFT = 34, RIGHT = 8, TOP = 10, BOTTOM = 22;

function shape(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text != null) made.textContent = text;
  return made;
}

/** The next number of one digit from a value upwards. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-6)));
  return power * Math.max(1, Math.ceil(value / power));
}

const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const x = (epoch, last) => LEFT + (WIDTH - LEFT - RIGHT) * (last > 1 ? (epoch - 1) / (last - 1) : 0.5);
const y = (value, top) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.min(value / top, 1);

function axes(last, top) {
  const lines = [0, 0.5, 1].map((part) => part * top).flatMap((value) => [
    shape("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value, top), y2: y(value, top) }),
    shape("text", { x: LEFT - 6, y: y(value, top) + 4, "text-anchor": "end" }, String(+value.toPrecision(3)))]);
  return [...lines, shape("text", { x: LEFT, y: HEIGHT - 5 }, "1"),
    shape("text", { x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, `epoch ${last}`)];
}

/** As many of these as can be told apart, and the last. */
function thinned(epochs) {
  const step = Math.ceil(epochs.length / WIDTH);
  return epochs.filter((_, i) => i % step === 0 || i === epochs.length - 1);
}

function line(epochs, { field }, number, top) {
  const points = thinned(epochs.filter((each) => each[field] != null))
    .map((each) => [x(each.epoch, each.epochs), y(each[field], top)]);
  if (points.length === 0) return [];
  const [cx, cy] = points.at(-1);
  return [shape("path", { class: `line series-${number}`, d: path(points) }),
    shape("circle", { class: `series-${number}`, cx, cy, r: 3 })];
}

/** series: [{field, name}] of epochs; top: the axis's end, else what the first series' values reach. */
export function epochChart(title, series, { top = null, unit = "" } = {}) {
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const caption = element("figcaption", {}, title);

  function draw(epochs) {
    const last = epochs.at(-1);
    const end = top ?? niceAbove(epochs.reduce((most, each) => Math.max(most, each[series[0].field]), 0));
    picture.replaceChildren(...axes(last.epochs, end),
      ...series.flatMap((each, i) => line(epochs, each, i + 1, end)));
    const now = series.filter(({ field }) => last[field] != null)
      .map(({ field, name }, i) => ({ name, i, value: `${last[field].toPrecision(3)}${unit}` }));
    caption.replaceChildren(title, ...now.map(({ name, i, value }) =>
      element("span", { class: `key series-${i + 1}` }, element("b", {}, value), now.length > 1 ? ` ${name}` : null)));
    const values = now.map(({ name, value }) => (now.length > 1 ? `${value} ${name}` : value)).join(", ");
    picture.setAttribute("aria-label", `${title}: ${values} after epoch ${last.epoch} of ${last.epochs}`);
  }
  return { figure: element("figure", { class: "chart" }, caption, picture), draw };
}
