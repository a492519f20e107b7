// Opens pages in headless Chromium, and takes no complaint for an answer: what
// the page logs as an error, throws, or is refused by its
// Content-Security-Policy fails the run.
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** The policy that the package promises to live with. */
export const strict = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** The same for pages that talk to a mock server on this machine. */
export const strictWithMock = `${strict}; connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*`;

/**
 * Serves a folder, opens a page of it, and returns what the page posts to
 * /report, as text.
 *
 * @param root the folder
 * @param path of the page
 * @param options policy, files and actions (as in server.mjs); seconds to wait;
 *   allow, a RegExp of errors that are no complaint
 */
export function visit(root, path, options = {}) {
  return open(root, path, options, ({ server }) => server.report);
}

/** Opens a page and returns the first lines that it logs, so many of them. */
export function listen(root, path, count, options = {}) {
  return open(root, path, options, ({ page }) => new Promise((resolve) => {
    const lines = [];
    page.on("console", (message) => lines.push(message.text()) === count && resolve(lines));
  }));
}

async function open(root, path, { policy = strict, files, actions, allow, seconds = 240 }, result) {
  const server = await serve(root, { policy, files, actions });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  let limit;
  try {
    const page = await browser.newPage();
    const complained = new Promise((_, reject) => {
      const complain = (what) => reject(new Error(`${path}: ${what}`));
      page.on("console", (message) => message.type() === "error" && !allow?.test(message.text()) && complain(`${message.text()} (${message.location().url})`));
      page.on("pageerror", (error) => complain(error.stack));
      page.on("crash", () => complain("the page crashed"));
      limit = setTimeout(complain, seconds * 1000, `not done within ${seconds} seconds`);
    });
    const wanted = result({ page, server });
    const done = Promise.race([wanted, complained]);
    await Promise.race([page.goto(server.origin + path), done]);
    return await done;
  } finally {
    clearTimeout(limit);
    await browser.close();
    await server.close();
  }
}
