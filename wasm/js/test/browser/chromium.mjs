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

/**
 * Serves a folder, opens a page of it, and returns what the page posts to
 * /report, as text.
 *
 * @param root the folder
 * @param path of the page
 * @param options policy, files (as in server.mjs), seconds to wait
 */
export async function visit(root, path, { policy = strict, files, seconds = 240 } = {}) {
  const server = await serve(root, policy, files);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const limit = AbortSignal.timeout(seconds * 1000);
  try {
    const page = await browser.newPage();
    const complained = new Promise((_, reject) => {
      const complain = (what) => reject(new Error(`${path}: ${what}`));
      page.on("console", (message) => message.type() === "error" && complain(`${message.text()} (${message.location().url})`));
      page.on("pageerror", (error) => complain(error.stack));
      page.on("crash", () => complain("the page crashed"));
      limit.addEventListener("abort", () => complain(`no report within ${seconds} seconds`));
    });
    complained.catch(() => {}); // heard below, if it comes first
    await Promise.race([page.goto(server.origin + path), complained]);
    return await Promise.race([server.report, complained]);
  } finally {
    await browser.close();
    await server.close();
  }
}
