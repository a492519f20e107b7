// The frame of the page: what is there in every view, with a server, without one,
// and when it goes and comes back.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkAccessibility, checkWidths, lookAt, openPage, refused, serverGone, shoot, startBrowser } from "./page.mjs";
import { startMock, startStaticHost } from "./servers.mjs";
import { button, result, view } from "./steps.mjs";

const views = ["live", "token", "validator", "mischief"];

const browser = await startBrowser(after);
const mock = await startMock();
const host = await startStaticHost();
after(() => Promise.all([mock.stop(), host.stop()]));

/** Waits for the module and the server. */
async function settled(page, server) {
  await page.getByText("Started in").waitFor();
  await page.getByText(server).first().waitFor();
}

async function shown(page, view) {
  await page.goto(`${mock.page}#${view}`);
  await page.locator("nav a[aria-current]", { hasText: new RegExp(view, "i") }).waitFor();
}

test("every view is accessible and fits before anything was done", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await settled(page, "Server is there");
  for (const view of views) {
    await shown(page, view);
    await lookAt(page, `${view}-empty`);
    await checkWidths(page, view);
  }
});

test("a view is reached by keyboard, and says where one is", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  await page.getByRole("link", { name: "Validator" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.title.startsWith("Validator"));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Validator");
});

test("the colours are kept", async (t) => {
  const page = await openPage(t, browser, mock.page);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Colours: system. Change" }).click();
  await page.getByRole("button", { name: "Colours: light. Change" }).click();
  assert.notEqual(await ground(), light, "at once: reduced motion knows no transitions");
  await settled(page, "Server is there"); // what is under way when a page is left, browsers may complain about
  await page.reload();
  await page.getByRole("button", { name: "Colours: dark. Change" }).waitFor();
  assert.notEqual(await ground(), light);
});

test("the first load has less than 700 kB, and comes compressed from wsbind", async (t) => {
  const page = await openPage(t, browser, "about:blank", { hosts: ["127.0.0.1"] });
  const protocol = await page.context().newCDPSession(page);
  await protocol.send("Network.enable");
  let total = 0;
  protocol.on("Network.loadingFinished", ({ encodedDataLength }) => { total += encodedDataLength; });
  await page.goto(mock.page);
  await settled(page, "Server is there");
  t.diagnostic(`first load: ${total} bytes with headers`);
  assert.ok(total > 400_000 && total < 700_000, `${total} bytes`);
});

test("the server goes and comes back: Live starts over, and what was typed in Mischief is kept", async (t) => {
  let own = await startMock();
  t.after(() => own.stop());
  const page = await openPage(t, browser, own.page, { allow: new RegExp(`${serverGone.source}|${refused.source}`) });
  await button(page, "Create Subscription").click();
  await result(page, "is active");
  await view(page, "Mischief");
  await page.getByRole("textbox", { name: "Seed" }).fill("4711");
  const { host: listen } = new URL(own.base);
  const { host: management } = new URL(own.management);
  await own.stop("SIGKILL");
  await page.getByText("What you typed stays.").waitFor();
  await checkAccessibility(page, "mischief, the server is gone");
  await shoot(page, "mischief-gone-laptop-light");
  await view(page, "Live");
  await page.getByText("The server is gone: the steps wait until it is back.").waitFor();
  await page.locator("main").getByText("The server does not answer any more.").waitFor();
  await lookAt(page, "live-gone");
  own = await startMock({ listen, management });
  await page.getByText("Server is there").first().waitFor();
  await page.getByText("This world is new: what was here before is gone with the old one.").waitFor();
  await page.locator("main").getByText("The server does not answer any more.").waitFor({ state: "detached" });
  await page.locator(".step-result", { hasText: "is active" }).waitFor({ state: "detached" });
  await button(page, "Create Subscription").click();
  await result(page, "is active");
  await view(page, "Mischief");
  assert.equal(await page.getByRole("textbox", { name: "Seed" }).inputValue(), "4711");
});

test("a static host needs no server", async (t) => {
  const page = await openPage(t, browser, host.url);
  await settled(page, "No server");
  for (const [view, words] of [["live", "No server behind this page"], ["mischief", "There is no server here"]]) {
    await page.goto(`${host.url}#${view}`);
    await page.getByText(words).first().waitFor();
    await lookAt(page, `${view}-static`);
  }
});

test("whoever does not ask for HTML gets text", async () => {
  const asked = async (accept) => (await fetch(mock.page, { headers: { Accept: accept } })).headers.get("Content-Type");
  assert.match(await asked("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), /^text\/html/);
  assert.match(await asked("*/*"), /^text\/plain/);
});
