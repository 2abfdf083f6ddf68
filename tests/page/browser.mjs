// Headless Chromium, and a page with all that it asked for and complained of.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { CHROMIUM, MODULES } = process.env;
const require = createRequire(join(MODULES, "package.json"));

if (!CHROMIUM || !existsSync(join(MODULES, "fetched"))) {
  console.log("page: skipped; it needs Chromium (scripts/install_dependencies.sh --test) and npm's registry");
  process.exit(77);
}

export const PATIENCE = Number(process.env.PATIENCE ?? 300_000);  // ms: on a busy machine all comes, but late

export async function launch(...flags) {
  const { chromium } = require("playwright-core");
  const args = process.getuid() === 0 ? ["--no-sandbox", ...flags] : flags;
  return chromium.launch({ executablePath: CHROMIUM, args, timeout: PATIENCE });
}

/** {page, complaints, requests}: what its console says and the addresses it asks for, as they come. */
export async function newPage(browser, { width = 1200, theme = "light", ...options } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: theme, ...options });
  page.setDefaultTimeout(PATIENCE);
  const complaints = [], requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => { complaints.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith("data:")) requests.push(request.url()); });
  return { page, complaints, requests };
}

export const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

/** [what the content needs, what the window has], in pixels. */
export const widths = (page) => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);

/** Elements of these whose content is wider than they are. */
export const bursting = (page, selector) => page.$$eval(selector, (all) =>
  all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.outerHTML.slice(0, 80)));

/** What axe-core objects to, as "rule: element"; a picture's shapes are not read, its label is. */
export async function inaccessible(page) {
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ exclude: ["svg[role='img'] > *"] }, { preload: false }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}
