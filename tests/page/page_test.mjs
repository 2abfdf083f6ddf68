// The report's and the demo's page as a reader has them: from disk, in headless Chromium.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { background, inaccessible, launch, newPage, widths } from "./browser.mjs";

const { QPROMPT, MAKE_RECORDS } = process.env;
const folder = mkdtempSync(join(tmpdir(), "qprompt-page-"));
const run = (program, ...words) => execFileSync(program, words, { stdio: ["ignore", "ignore", "inherit"] });
let browser;

before(async () => {
  run(MAKE_RECORDS, join(folder, "records"));
  run(QPROMPT, "report", join(folder, "records"), "--output", join(folder, "report"));
  run(QPROMPT, "demo", "--output", join(folder, "demo"), "--epochs", "1", "--seeds", "1", "--threads", "1", "--quiet");
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** A page of this name, with all its figures drawn. */
async function opened(name, options) {
  const { page, complaints, requests } = await newPage(browser, options);
  await page.goto(`file://${join(folder, name, "report.html")}`);
  await page.waitForFunction(() => [...document.querySelectorAll("figure .picture")].every((each) => each.querySelector("svg")));
  return { page, complaints, requests };
}

/** Of every figure: how many shapes it has besides axes, grids and frames. */
const marks = (page) => page.$$eval("figure[data-figure-id]", (figures) => figures.map((figure) => ({
  id: figure.dataset.figureId,
  marks: [...figure.querySelectorAll("svg [aria-label]")]
    .filter((group) => !/axis|grid|frame|tip/.test(group.getAttribute("aria-label")))
    .reduce((sum, group) => sum + group.querySelectorAll("circle, path, rect, line").length, 0),
})));

const column = (page, table, place) => page.$$eval(
  `[data-table="${table}"] tbody tr`, (rows, at) => rows.map((row) => row.children[at].textContent), place);
const numbers = (texts) => texts.map((text) => Number.parseFloat(text.replace("\u2212", "-")));
const head = (table, place) => `[data-table="${table}"] thead th:nth-child(${place}) button`;

for (const name of ["report", "demo"]) {
  describe(`the ${name}'s page`, () => {
    test("draws every figure, asks for nothing and complains of nothing", async () => {
      const { page, complaints, requests } = await opened(name);
      const figures = await marks(page);
      assert.ok(figures.length >= 4);
      for (const figure of figures) assert.ok(figure.marks > 0, `${figure.id} has no marks`);
      assert.deepEqual(complaints, []);
      assert.equal(requests.length, 1);
      await page.close();
    });

    test("is dark where the system is, and where the button says so", async () => {
      const { page } = await opened(name);
      const light = await background(page);
      await page.click("#theme");
      const dark = await background(page);
      assert.notEqual(dark, light);
      await page.click("#theme");
      assert.equal(await background(page), light);
      const { page: other } = await opened(name, { theme: "dark" });
      assert.equal(await background(other), dark);
      await page.close();
      await other.close();
    });

    test("fits a phone", async () => {
      const { page } = await opened(name, { width: 390 });
      const [content, room] = await widths(page);
      assert.ok(content <= room, `${content} px wide on ${room}`);
      await page.close();
    });

    test("has headings in order and names for all that can be used", async () => {
      const { page } = await opened(name);
      const levels = await page.$$eval("h1, h2, h3, h4", (all) => all.map((each) => Number(each.tagName[1])));
      assert.equal(levels[0], 1);
      levels.reduce((last, level) => { assert.ok(level <= last + 1, `h${level} after h${last}`); return level; });
      const labels = await page.$$eval("figure[data-figure-id]", (figures) => figures.map((figure) =>
        document.getElementById(figure.getAttribute("aria-labelledby")).textContent));
      assert.ok(labels.every(Boolean));
      assert.deepEqual(await inaccessible(page), []);
      await page.close();
    });
  });
}

describe("the report", () => {
  let page;
  before(async () => { ({ page } = await opened("report")); });
  after(() => page.close());

  test("sorts a table by a click on a head, turns it round and restores it", async () => {
    const before = await column(page, "base-to-new", 2);
    await page.click(head("base-to-new", 3));
    const sorted = numbers(await column(page, "base-to-new", 2));
    assert.deepEqual(sorted, [...sorted].sort((a, b) => b - a));
    assert.equal(await page.$eval('[data-table="base-to-new"] thead th:nth-child(3)', (th) => th.ariaSort), "descending");
    await page.click(head("base-to-new", 3));
    assert.deepEqual(numbers(await column(page, "base-to-new", 2)), sorted.reverse());
    await page.click(head("base-to-new", 3));
    assert.deepEqual(await column(page, "base-to-new", 2), before);
  });

  test("sorts by the keyboard alone", async () => {
    await page.focus(head("base-to-new", 2));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.$eval('[data-table="base-to-new"] thead th:nth-child(3)', (th) => th.ariaSort), "descending");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
  });

  test("filters rows by all words", async () => {
    await page.fill('[data-table="base-to-new"] input', "EuroSAT qcoop");
    assert.deepEqual(await column(page, "base-to-new", 1), ["qcoop"]);
    assert.match(await page.$eval('[data-table="base-to-new"] .status', (each) => each.textContent), /^1 of 15/);
  });

  test("has a figure's numbers one click away", async () => {
    const figure = '[data-figure-id="quantization-epochs"]';
    await page.click(`${figure} summary`);
    await page.waitForSelector(`${figure} details table`);
    assert.equal(await page.$eval(`${figure} .status`, (each) => each.textContent), "120 rows");
  });

  test("shows what is chosen", async () => {
    const figure = '[data-figure-id="base-to-new-confusion"]';
    const texts = () => page.$eval(`${figure} svg`, (svg) => svg.textContent);
    const first = await texts();
    await page.selectOption(`${figure} select`, await page.$eval(`${figure} option:last-child`, (option) => option.value));
    assert.notEqual(await texts(), first);
  });

  test("shows names that look like markup as they are", async () => {
    assert.equal(await page.$$eval("main img, main script", (all) => all.length), 0);
    const classes = await column(page, "base-to-new-worst-classes", 3);
    assert.ok(classes.includes("</script><script>alert(1)</script>"));
  });

  test("is small, and has its tables beside it", () => {
    const html = readFileSync(join(folder, "report", "report.html"));
    assert.ok(html.length < 1.5e6, `${html.length} bytes`);
    assert.match(readFileSync(join(folder, "report", "tables", "base-to-new.tex"), "utf8"), /\\toprule/);
  });
});
