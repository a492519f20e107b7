// Opens the page in headless Chromium, and takes no complaint for an answer: what
// the page logs as an error, throws, asks of another host, or is refused by its
// Content-Security-Policy fails the test.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Where pictures of the page are left, for a person to look at. */
export const shots = fileURLToPath(new URL("../../bin/shots", import.meta.url));

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Widths that the page is looked at in. */
export const widths = { phone: 360, tablet: 820, laptop: 1280, wide: 1920 };

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
 * @param options width, dark, reducedMotion; allow, a RegExp of errors that are no complaint; hosts that may be asked
 */
export async function openPage(t, browser, url, { width = widths.laptop, height = 900, dark = false, reducedMotion = "reduce", allow, hosts = [] } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: dark ? "dark" : "light", reducedMotion, permissions: ["clipboard-read", "clipboard-write"],
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

/** Fails where axe finds a violation of WCAG 2.2 AA, or of what it calls best practice. */
export async function checkAccessibility(page, what) {
  await page.evaluate(axe);
  await page.evaluate(() => scrollTo(0, 0)); // what has scrolled half behind the header is no small target
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
  assert.deepEqual(found, [], what);
}

/** Fails where the page is wider than the window. */
export async function checkWidth(page, what) {
  const { scroll, window } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(scroll <= window, `${what}: the page is ${scroll} px wide in a window of ${window} px`);
}

/** Leaves a picture of the whole page. */
export async function shoot(page, name) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
