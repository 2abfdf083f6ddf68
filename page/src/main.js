// The page's data are JSON within it. A report is drawn as a whole; a page with places of its own
// (data-figure, data-table) has its figures and tables put there.
import { Table } from "./data.js";
import { figureBlock } from "./figure.js";
import { drawReport } from "./report.js";
import { tableView } from "./table.js";
import { themeButton } from "./theme.js";

const data = JSON.parse(document.getElementById("data").textContent);

if (data.sections) drawReport(data, document.getElementById("report"));
for (const place of document.querySelectorAll("[data-figure]")) {
  const figure = data.figures[place.dataset.figure];
  place.replaceChildren(figureBlock(figure, new Table(figure.data)));
}
for (const place of document.querySelectorAll("div[data-rows]")) {
  place.replaceChildren(tableView(new Table(data.tables[place.dataset.rows])));
}
document.getElementById("theme").replaceWith(themeButton());
