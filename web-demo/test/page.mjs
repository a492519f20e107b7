// Opens the page in headless Chromium, and takes no complaint for an answer: what
// the page logs as an error, throws, asks of another host, or is refused by its
// Content-Security-Policy fails the test.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Where pictures of the page are left, for a person to look at: VIEW-STATE-PLACE-SCHEME.png. */
const shots = fileURLToPath(new URL("../../bin/shots", import.meta.url));

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-features=MediaRouter,OptimizationHints,SpareRendererForSitePerProcess,Translate",
];

/** Widths that the page is looked at in. */
const widths = { phone: 360, tablet: 820, laptop: 1280, wide: 1920 };

/** What Chromium logs by itself when a server is gone, which some tests want. */
export const serverGone = /net::ERR_CONNECTION_(REFUSED|RESET|CLOSED)|net::ERR_(EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)|WebSocket connection to .* failed/;

/** What it logs when the mock refuses something, which mischief makes it do. */
export const refused = /responded with a status of [45]\d\d|blocked by CORS policy|net::ERR_FAILED/;

/** Starts the browser; it is closed behind the tests of the file. */
export async function startBrowser(after) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  after(() => browser.close());
  return browser;
}

/**
 * Opens the page in a context of its own.
 *
 * @param t the test, behind which it is closed, and where complaints are made
 * @param browser of startBrowser
 * @param url of the page
 * @param options allow, a RegExp of errors that are no complaint; hosts that may be asked
 */
export async function openPage(t, browser, url, { allow, hosts = [] } = {}) {
  const context = await browser.newContext({
    viewport: { width: widths.laptop, height: 900 }, reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const complaints = [];
  const own = new Set([new URL(url).hostname, ...hosts]);
  page.on("console", (message) => {
    if (message.type() === "error" && !allow?.test(message.text())) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (/^(http|ws)s?:$/.test(protocol) && !own.has(hostname)) complaints.push(`asked another host: ${request.url()}`);
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(url);
  return page;
}

/** What each view is looked at in, so that each has been seen in both schemes, and at both ends of the widths. */
const looks = [["phone", "dark"], ["wide", "light"]];

/**
 * Looks at the page as it is: that axe finds nothing, that it fits, and leaves
 * pictures.
 *
 * @param name of the pictures: the view, and what there is to be seen
 */
export async function lookAt(page, name) {
  for (const [place, colorScheme] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: widths[place], height: 900 });
    await shoot(page, `${name}-${place}-${colorScheme}`);
    await checkWidth(page, `${name}, ${place}`);
    await checkAccessibility(page, `${name}, ${place}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: widths.laptop, height: 900 });
}

/** Fails where axe finds a violation of WCAG 2.2 AA, or of what it calls best practice. */
export async function checkAccessibility(page, what) {
  if (await page.evaluate(() => globalThis.axe === undefined)) await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    scrollTo(0, innerWidth < 640 ? document.body.scrollHeight : 0); // where what sticks, a bar or the header, lies over nothing
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }));
  });
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
  assert.deepEqual(found, [], what);
}

/** Fails where the page is wider than the window. */
async function checkWidth(page, what) {
  const { scroll, window } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(scroll <= window, `${what}: the page is ${scroll} px wide in a window of ${window} px`);
}

/** Fails where the page is wider than the window at any width. */
export async function checkWidths(page, what) {
  for (const width of [320, ...Object.values(widths)]) {
    await page.setViewportSize({ width, height: 900 });
    await checkWidth(page, what);
  }
}

/** Leaves a picture of the whole page. */
export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
