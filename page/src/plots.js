// One function for each kind of figure (qprompt/report/figure.h): which marks Observable Plot draws
// of a figure's rows.
import * as Plot from "@observablehq/plot";

import { numberText } from "./data.js";

const NARROW = 560;
const SERIES = 8;
const colour = (position) => `var(--series-${(position % SERIES) + 1})`;
const distinct = (rows, name) => (name ? [...new Set(rows.map((row) => row[name]))] : []);
const isPublished = (text) => /published/.test(text);

/** What all kinds share: the size, the panels, the colours of the series. */
function frame({ channels }, rows, width, height) {
  const series = distinct(rows, channels.series), panels = distinct(rows, channels.panel);
  const narrow = width < NARROW;
  const stacked = narrow && panels.length > 1;
  const facet = channels.panel ? { [stacked ? "fy" : "fx"]: channels.panel } : {};
  return {
    facet, series, panels, narrow, stacked,
    options: {
      width,
      height: stacked ? height * panels.length : height,
      marginTop: 28, marginBottom: 40, marginRight: stacked ? 64 : 20,
      style: { fontSize: "12px", overflow: "visible" },
      [stacked ? "fy" : "fx"]: { label: null, domain: panels.length ? panels : undefined, padding: 0.12 },
      color: { domain: series, range: series.map((_, i) => colour(i)) },
    },
  };
}

/** A text for each row: all its values, as the table has them. */
function tipText(table) {
  return (row) => table.columns
    .filter(({ name }) => row[name] != null && row[name] !== "")
    .map((column) => {
      const value = row[column.name], deviation = row[`${column.name} ±`];
      const shown = typeof value === "number" ? numberText(column, value) : value;
      return `${column.name}: ${shown}${deviation == null ? "" : ` ± ${deviation.toFixed(column.decimals)}`}`;
    }).join("\n");
}

const tip = (rows, options, table) => Plot.tip(rows, Plot.pointer({ ...options, title: tipText(table), maxRadius: 30 }));

const short = (text) => (String(text).length > 26 ? `${text.slice(0, 25)}…` : text);

/** Room for the longest of these texts. */
const marginFor = (texts, width) => Math.min(Math.max(...texts.map((text) => String(text).length), 4) * 7 + 14, width * 0.48);

function lines(figure, table, rows, width) {
  const { x, y, series, mark } = figure.channels;
  const { facet, options, series: names } = frame(figure, rows, width, 300);
  const spread = rows.filter((row) => row[`${y} ±`] != null);
  const moments = mark ? rows.filter((row) => row[mark] === "yes") : [];
  const few = rows.length <= 40 * Math.max(names.length, 1);
  const stroke = series ?? "var(--series-1)";
  const dash = (position) => (isPublished(names[position] ?? "") || position >= SERIES ? "5 4" : null);
  const by = { x, y, z: series, stroke, ...facet };
  return Plot.plot({
    ...options,
    marginLeft: 66,
    x: figure.channels.scale === "shots"
      ? { type: "symlog", constant: 1, ticks: distinct(rows, x).sort((a, b) => a - b), label: x, tickFormat: "d" }
      : { label: x, nice: true, ticks: Math.min(8, width / 90) },
    y: { label: y, grid: true, nice: true, ticks: 6 },
    marks: [
      moments.length ? Plot.ruleX(moments, { x, stroke: "var(--series-2)", strokeWidth: 1, strokeOpacity: 0.6, ariaLabel: "re-clustered" }) : null,
      spread.length ? Plot.areaY(spread, { x, y1: (row) => row[y] - row[`${y} ±`], y2: (row) => row[y] + row[`${y} ±`], z: series, fill: stroke, fillOpacity: 0.13, ...facet }) : null,
      ...(names.length ? names : [null]).map((name, i) =>
        Plot.lineY(name === null ? rows : rows.filter((row) => row[series] === name), { ...by, strokeWidth: 2, strokeDasharray: dash(i) })),
      few ? Plot.dot(rows, { ...by, stroke: "var(--card)", strokeWidth: 1, fill: stroke, r: 3.5 }) : null,
      tip(rows, { x, y, ...facet }, table),
    ],
  });
}

function ranges(figure, table, rows, width) {
  const { x, y, panel } = figure.channels;
  const methods = distinct(rows, y);
  const { facet, options } = frame(figure, rows, width, methods.length * 26 + 70);
  const low = (row) => row[x] - (row[`${x} ±`] ?? 0), high = (row) => row[x] + (row[`${x} ±`] ?? 0);
  const fill = (row) => colour(methods.indexOf(row[y]));
  const values = rows.flatMap((row) => [low(row), high(row)]);
  const pad = Math.max((Math.max(...values) - Math.min(...values)) * 0.08, 0.5);
  return Plot.plot({
    ...options,
    marginLeft: marginFor(methods, width),
    x: { label: `${x}, %`, grid: true, ticks: Math.max(2, Math.min(6, width / (130 * Math.max(1, panel && width >= NARROW ? 3 : 1)))), domain: [Math.max(0, Math.min(...values) - pad), Math.min(100, Math.max(...values) + pad)] },
    y: { label: null, domain: methods, tickSize: 0 },
    marks: [
      Plot.ruleY(rows, { y, stroke: "var(--rule)", ...facet }),
      Plot.link(rows, { x1: low, x2: high, y1: y, y2: y, stroke: fill, strokeWidth: 2.5, strokeOpacity: 0.55, ...facet }),
      Plot.dot(rows, { x, y, fill, r: 5, stroke: "var(--card)", strokeWidth: 1.5, ...facet }),
      tip(rows, { x, y, ...facet }, table),
    ],
  });
}

function scatter(figure, table, rows, width) {
  const { x, y, series, name } = figure.channels;
  const { options, narrow } = frame(figure, rows, width, 380);
  const sized = rows.filter((row) => row[x] > 0), lone = rows.filter((row) => !(row[x] > 0));
  const quiet = (row) => (isPublished(row[series]) ? 0.75 : 1);
  return Plot.plot({
    ...options,
    marginLeft: 48, marginRight: narrow ? 30 : 90,
    x: { type: "log", label: `${x} (logarithmic)`, tickFormat: "~s", ticks: narrow ? 3 : 6, nice: true },
    y: { label: y, grid: true, nice: true, ticks: 6 },
    symbol: { domain: distinct(rows, series), range: ["circle", "diamond2"] },
    marks: [
      Plot.ruleY(lone, { y, stroke: series, strokeDasharray: "4 4", strokeOpacity: 0.8 }),
      Plot.text(lone, { y, text: name, frameAnchor: "right", dy: -8, fill: "var(--quiet)" }),
      Plot.dot(sized, { x, y, fill: series, stroke: "var(--card)", symbol: series, r: 6, fillOpacity: quiet }),
      Plot.text(sized, { x, y, text: name, dy: -13, fill: "currentColor", stroke: "var(--card)", strokeWidth: 4, fillOpacity: quiet }),
      tip(rows.filter((row) => row[x] > 0), { x, y }, table),
    ],
  });
}

function bars(figure, table, rows, width) {
  const { x, y } = figure.channels;
  const names = distinct(rows, y);
  const { options } = frame(figure, rows, width, names.length * 24 + 48);
  const column = table.columns.find(({ name }) => name === x);
  return Plot.plot({
    ...options,
    marginLeft: marginFor(names, width), marginTop: 4, marginBottom: 30, marginRight: 48,
    x: { label: null, domain: [0, 100], ticks: 3 },
    y: { label: null, domain: names, tickSize: 0 },
    marks: [
      Plot.barX(rows, { x, y, fill: figure.channels.series, rx: 2, insetTop: 3, insetBottom: 3 }),
      Plot.text(rows, { x, y, text: (row) => numberText(column, row[x]), textAnchor: "start", dx: 5, fill: "var(--quiet)" }),
    ],
  });
}

function histogram(figure, table, rows, width) {
  const { low, high, y, panel, mark } = figure.channels;
  const bins = mark ? rows.filter((row) => row[mark] !== "yes") : rows;
  const rules = mark ? rows.filter((row) => row[mark] === "yes") : [];
  const panels = distinct(bins, panel);
  const many = panels.length > 1;
  return Plot.plot({
    width, height: many ? panels.length * 58 + 60 : 220,
    marginLeft: many ? 84 : 50, marginRight: 16, marginBottom: 36,
    style: { fontSize: "12px", overflow: "visible" },
    x: { label: "value", ticks: Math.min(7, width / 90) },
    y: { label: many ? null : y, ticks: many ? 1 : 4, grid: !many, axis: many ? null : undefined },
    fy: many ? { label: null, axis: "left", domain: panels, padding: 0.04, tickFormat: (value) => `${panel} ${value}` } : undefined,
    marks: [
      Plot.rectY(bins, { x1: low, x2: high, y, fill: "var(--series-1)", fillOpacity: 0.8, insetLeft: 0.5, insetRight: 0.5, ...(many ? { fy: panel } : {}) }),
      Plot.ruleY([0], { stroke: "var(--quiet)", strokeOpacity: 0.6 }),
      Plot.ruleX(rules, { x: low, stroke: "var(--series-2)", strokeWidth: 2, ariaLabel: mark }),
      Plot.text(rules, { x: low, frameAnchor: "top", dy: -14, text: (row) => row[low].toFixed(4), fill: "var(--series-2)" }),
      tip(bins, { x: (row) => (row[low] + row[high]) / 2, y, ...(many ? { fy: panel } : {}) }, table),
    ],
  });
}

function heatmap(figure, table, rows, width) {
  const { x, y, value } = figure.channels;
  const across = columnsInOrder(rows, x, y);
  const square = figure.channels.square !== "no";
  const down = square ? across : distinct(rows, y);
  const left = marginFor(down.map(short), width), bottom = square ? marginFor(down.map(short), width) * 0.87 : 10;
  const size = Math.min((width - left - 8) / across.length, 34);
  const most = Math.max(...rows.map((row) => row[value]), 1e-9);
  const opacity = (row) => row[value] / most;
  return Plot.plot({
    width: left + 8 + size * across.length, height: size * down.length + bottom + 8,
    marginLeft: left, marginRight: 8, marginTop: 8, marginBottom: bottom, padding: 0.06,
    style: { fontSize: size < 16 ? "10px" : "12px", overflow: "visible" },
    x: { domain: across, label: null, tickRotate: -60, tickSize: 0, axis: square ? "bottom" : null, tickFormat: short },
    y: { domain: down, label: null, tickSize: 0, tickFormat: short },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      Plot.cell(rows, { x, y, fill: (row) => (row[x] === row[y] ? "var(--series-3)" : "var(--series-2)"), fillOpacity: opacity }),
      size >= 26 && square ? Plot.text(rows.filter((row) => row[value] >= 1), { x, y, text: (row) => row[value].toFixed(0), fill: "currentColor", fontSize: 11 }) : null,
      tip(rows, { x, y }, table),
    ],
  });
}

/** Classes in the order of rows, whichever of them only stand in columns behind. */
const columnsInOrder = (rows, x, y) =>
  typeof rows[0]?.[x] === "number" ? distinct(rows, x) : [...new Set([...distinct(rows, y), ...distinct(rows, x)])];

function reliability(figure, table, rows, width) {
  const { x, y, value } = figure.channels;
  const size = Math.min(width, 420);
  return Plot.plot({
    width: size, height: size, marginLeft: 48, marginBottom: 40, marginTop: 20, marginRight: 20,
    style: { fontSize: "12px", overflow: "visible" },
    x: { domain: [0, 100], label: `${x}, %`, grid: true, ticks: 5 },
    y: { domain: [0, 100], label: `${y}, %`, grid: true, ticks: 5 },
    r: { range: [2.5, 16], type: "sqrt" },
    marks: [
      Plot.line([[0, 0], [100, 100]], { stroke: "var(--quiet)", strokeDasharray: "4 4" }),
      Plot.link(rows, { x1: x, x2: x, y1: x, y2: y, stroke: "var(--series-2)", strokeWidth: 1.5 }),
      Plot.line(rows, { x, y, stroke: "var(--series-1)", strokeOpacity: 0.5 }),
      Plot.dot(rows, { x, y, r: value, fill: "var(--series-1)", fillOpacity: 0.85, stroke: "var(--card)" }),
      tip(rows, { x, y }, table),
    ],
  });
}

const kinds = { lines, ranges, scatter, bars, histogram, heatmap, reliability };

/** The picture of these rows of a figure's data, with its legend. */
export function draw(figure, table, rows, width) {
  const picture = document.createElement("div");
  if (rows.length === 0 || Plot.isMissing) {  // cmake/fetch_packages.cmake
    picture.textContent = rows.length === 0 ? "Nothing to draw."
      : "This program was built without its plotting library. The numbers are in the table below.";
    return picture;
  }
  const plot = kinds[figure.kind](figure, table, rows, width);
  const svg = plot.tagName === "svg" ? plot : plot.querySelector("svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${figure.title}. The numbers are in the table "Data" below.`);
  const names = distinct(rows, figure.channels.series);
  if (names.length > 1) {
    const legend = Plot.legend({ color: { type: "ordinal", domain: names, range: names.map((_, i) => colour(i)) } });
    for (const swatch of legend.querySelectorAll("svg")) swatch.setAttribute("aria-hidden", "true");
    picture.append(legend);
  }
  picture.append(plot);
  return picture;
}
