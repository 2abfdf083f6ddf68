import { cellText, csv, isNumeric } from "./data.js";
import { element, newId, saveButton } from "./dom.js";

const SHOWN_AT_FIRST = 60;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Compares two cells of a column; nothing comes last, whichever the direction. */
function compare(a, b, sign) {
  if ("text" in a) return sign * collator.compare(a.text, b.text);
  if (a.number == null || b.number == null) return (a.number == null) - (b.number == null);
  return sign * (a.number - b.number);
}

/** The rows in their order, sorted stably by a column, those alone that hold every word. */
function arranged(table, { column, direction }, words) {
  const holds = (row) => {
    const text = row.map((cell, c) => cellText(table.columns[c], cell)).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const rows = words.length ? table.rows.filter(holds) : [...table.rows];
  if (!direction) return rows;
  return rows.sort((a, b) => compare(a[column], b[column], direction === "ascending" ? 1 : -1));
}

function bodyCell(column, cell, isHeader) {
  const text = cellText(column, cell);
  const attributes = { class: isNumeric(column) ? "number" : null, scope: isHeader ? "row" : null };
  const shown = cell.best ? element("strong", { title: "best" }, text) : text;
  return element(isHeader ? "th" : "td", attributes, shown);
}

/** Whether a row's first cells, those by which rows belong together, are others than above. */
const beginsGroup = ({ groups }, row, above) =>
  above && row.slice(0, groups).some((cell, c) => cell.text !== above[c].text || cell.number !== above[c].number);

/** The part of a table that can be sorted and filtered, with its tools. */
export function tableView(data, { compact = false } = {}) {
  const order = { column: -1, direction: null };
  let words = [], limit = SHOWN_AT_FIRST;
  const body = element("tbody");
  const status = element("span", { class: "status", role: "status" });
  const more = element("button", { type: "button", class: "quiet more", onclick: () => { limit = Infinity; draw(); } });

  function draw() {
    const rows = arranged(data, order, words);
    body.replaceChildren(...rows.slice(0, limit).map((row, r) =>
      element("tr", { class: !order.direction && beginsGroup(data, row, rows[r - 1]) ? "begins" : null }, ...row.map((cell, c) => bodyCell(data.columns[c], cell, c === 0)))));
    const all = data.rows.length;
    status.textContent = rows.length === all ? `${all} rows` : `${rows.length} of ${all} rows`;
    more.hidden = rows.length <= limit;
    more.textContent = `Show all ${rows.length} rows`;
  }

  const heads = data.columns.map((column, c) => {
    const sort = () => {
      const first = isNumeric(column) ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      order.direction = order.column !== c ? first : { [first]: second, [second]: null, null: first }[order.direction];
      order.column = c;
      heads.forEach((head, h) => head.setAttribute("aria-sort", h === c && order.direction ? order.direction : "none"));
      draw();
    };
    const button = element("button", { type: "button", onclick: sort }, column.name,
      element("span", { class: "arrow", "aria-hidden": "true" }));
    return element("th", { scope: "col", "aria-sort": "none", class: isNumeric(column) ? "number" : null }, button);
  });

  const filter = element("input", {
    type: "search", placeholder: "Filter", "aria-label": `Filter the rows of ${data.title}`,
    oninput: () => { words = filter.value.toLowerCase().split(/\s+/).filter(Boolean); draw(); },
  });
  draw();
  return element("div", { class: "table" },
    element("div", { class: "tools" }, data.rows.length > 3 ? filter : null, status,
      saveButton("CSV", `${data.id}.csv`, () => csv(data))),
    element("div", { class: compact ? "scroll compact" : "scroll", role: "group", tabindex: "0", "aria-label": `${data.title}, table` },
      element("table", {}, element("caption", { class: "hidden" }, data.title),
        element("thead", {}, element("tr", {}, ...heads)), body)),
    more);
}

/** A table with its heading and note. */
export function tableBlock(data) {
  const id = newId("table");
  return element("div", { class: "block", "data-table": data.id, "aria-labelledby": id },
    element("h3", { id }, data.title),
    data.note ? element("p", { class: "note" }, data.note) : null,
    tableView(data));
}
