import { Table } from "./data.js";
import { element } from "./dom.js";
import { figureBlock } from "./figure.js";
import { tableBlock } from "./table.js";

const block = ({ table, figure }) =>
  table ? tableBlock(new Table(table)) : figureBlock(figure, new Table(figure.data));

function section({ id, title, text, blocks }) {
  return element("section", { id, "aria-labelledby": `${id}-title` },
    element("h2", { id: `${id}-title` }, title),
    text ? element("p", { class: "lead" }, text) : null,
    ...blocks.map(block));
}

const facts = (list) => element("dl", { class: "facts" },
  ...list.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]));

const notices = (list) => list.length === 0 ? null
  : element("aside", { class: "notices", "aria-label": "Notices" },
    element("h2", {}, "What to know first"),
    element("ul", {}, ...list.map((line) => element("li", {}, line))));

const contents = (sections) => element("nav", { "aria-label": "Contents" },
  element("ul", {}, ...sections.map(({ id, title }) =>
    element("li", {}, element("a", { href: `#${id}` }, title)))));

/** A whole report (qprompt/report/report.h). */
export function drawReport(report, main) {
  main.append(facts(report.facts), contents(report.sections));
  const told = notices(report.notices);
  if (told) main.append(told);
  main.append(...report.sections.map(section));
}
