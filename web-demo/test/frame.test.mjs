// The frame of the page: what is there in every view, with a server, without one,
// and when it goes and comes back.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkAccessibility, checkWidth, openPage, serverGone, shoot, startBrowser, widths } from "./page.mjs";
import { startMock, startStaticHost } from "./servers.mjs";

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

for (const [place, dark] of [["phone", false], ["phone", true], ["laptop", true], ["wide", false]]) {
  test(`every view is accessible, ${place}, ${dark ? "dark" : "light"}`, async (t) => {
    const page = await openPage(t, browser, mock.page, { width: widths[place], dark });
    await settled(page, "Server is there");
    for (const view of views) {
      await shown(page, view);
      await checkAccessibility(page, `${view}, ${place}`);
      await shoot(page, `${view}-empty-${place}-${dark ? "dark" : "light"}`);
    }
  });
}

test("no view is wider than the window", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await settled(page, "Server is there");
  for (const view of views) {
    await shown(page, view);
    for (const width of [320, ...Object.values(widths)]) {
      await page.setViewportSize({ width, height: 800 });
      await checkWidth(page, view);
    }
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
  assert.notEqual(await ground(), light);
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

test("the server goes and comes back", async (t) => {
  let own = await startMock();
  t.after(() => own.stop());
  const page = await openPage(t, browser, own.page, { allow: serverGone });
  await settled(page, "Server is there");
  const { host: listen } = new URL(own.base);
  const { host: management } = new URL(own.management);
  await own.stop();
  await page.getByText("The server does not answer any more.").waitFor({ timeout: 15_000 });
  await checkAccessibility(page, "the server is gone");
  await shoot(page, "live-server-gone");
  own = await startMock({ listen, management });
  await page.getByText("Server is there").first().waitFor({ timeout: 15_000 });
  await page.getByText("The server does not answer any more.").waitFor({ state: "detached" });
});

test("a static host needs no server", async (t) => {
  const page = await openPage(t, browser, host.url);
  await settled(page, "No server");
  for (const view of views) {
    await page.goto(`${host.url}#${view}`);
    await checkAccessibility(page, `${view} without a server`);
    await shoot(page, `${view}-static`);
  }
});

test("whoever does not ask for HTML gets text", async () => {
  const asked = async (accept) => (await fetch(mock.page, { headers: { Accept: accept } })).headers.get("Content-Type");
  assert.match(await asked("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), /^text\/html/);
  assert.match(await asked("*/*"), /^text\/plain/);
});
