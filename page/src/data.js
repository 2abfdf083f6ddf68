// Tables as the program writes them (qprompt/report/figure.cc): by columns, texts as positions in a
// list of distinct ones.

/** Cells of a column: {text} or {number, deviation, best}. */
function cells(column) {
  if (column.codes) return column.codes.map((code) => ({ text: column.texts[code] }));
  const best = new Set(column.best);
  return column.numbers.map((number, row) => ({
    number,
    deviation: column.deviations?.[row] ?? null,
    best: best.has(row),
  }));
}

export class Table {
  constructor({ id, title, note, columns, groups = 0 }) {
    Object.assign(this, { id, title, note, columns, groups });
    const byColumn = columns.map(cells);
    this.rows = (byColumn[0] ?? []).map((_, row) => byColumn.map((column) => column[row]));
  }

  /** Objects from column names to values; a deviation under its column's name with " ±". */
  records() {
    return this.rows.map((row) => {
      const record = {};
      row.forEach((cell, c) => {
        const { name } = this.columns[c];
        record[name] = "text" in cell ? cell.text : cell.number;
        if (cell.deviation != null) record[`${name} ±`] = cell.deviation;
      });
      return record;
    });
  }
}

/** Whether a column holds numbers. */
export const isNumeric = (column) => !column.codes;

/** As people read it: a point for decimals, thin spaces between thousands, a real minus. */
export function numberText(column, number) {
  if (number == null) return "";
  const [whole, fraction] = Math.abs(number).toFixed(column.decimals).split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  const digits = fraction ? `${grouped}.${fraction}` : grouped;
  if (!/[1-9]/.test(digits)) return digits;
  if (number < 0) return `\u2212${digits}`;
  return column.signed ? `+${digits}` : digits;
}

export function cellText(column, cell) {
  if ("text" in cell) return cell.text;
  const text = numberText(column, cell.number);
  if (cell.deviation == null) return text;
  return `${text} ± ${cell.deviation.toFixed(column.decimals)}`;
}

const quoted = (field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** RFC 4180. */
export const csvText = (rows) =>
  rows.map((row) => `${row.map((value) => quoted(String(value ?? ""))).join(",")}\r\n`).join("");

/** A table's; a column with deviations is followed by one with them. */
export function csv(table) {
  const deviates = table.columns.map((column) => Boolean(column.deviations));
  const spread = (values) => values.flatMap(([value, deviation], c) =>
    deviates[c] ? [value, deviation] : [value]);
  const head = spread(table.columns.map(({ name }) => [name, `${name} std`]));
  const rows = table.rows.map((row) => spread(row.map((cell) => [cell.text ?? cell.number, cell.deviation])));
  return csvText([head, ...rows]);
}
