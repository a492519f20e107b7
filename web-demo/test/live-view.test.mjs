// The live view with wsbind serve: by hand, by the careful client and by the
// careless one, and without a server.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkAccessibility, checkWidths, lookAt, openPage, refused, serverGone, startBrowser } from "./page.mjs";
import { startMock, startStaticHost } from "./servers.mjs";

const browser = await startBrowser(after);
const mock = await startMock();
const host = await startStaticHost();
after(() => Promise.all([mock.stop(), host.stop()]));

const button = (page, name) => page.getByRole("button", { name, exact: true }).first();
const chips = (page) => page.locator(".chip").allInnerTexts();

/** Asks the management interface of the world that the page made. */
async function manage(page, path, body) {
  const name = await page.evaluate(() => sessionStorage.getItem("wsbind-tenant"));
  const init = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await fetch(`${mock.management}/t/${name}${path}`, init)).json();
}

test("step by step: a gap is shown, filled, and a token renewed", async (t) => {
  const page = await openPage(t, browser, mock.page);
  for (const [name, result] of [["Create Subscription", "is active"], ["Get token", "is good until"], ["Connect", "Open"], ["Bind", "Bound."]]) {
    await button(page, name).click();
    await page.locator(".step-result", { hasText: result }).waitFor();
  }
  await button(page, "Create an Encounter").click();
  await page.locator(".chip", { hasText: "1" }).waitFor();
  await manage(page, "/faults", { faults: [{ fault: "gap" }] });
  await button(page, "3 events").click();
  await page.locator(".chip.gap", { hasText: "missing" }).waitFor();
  await button(page, "Catch up").click();
  await page.locator(".chip.filled").waitFor();
  await button(page, "Renew").click();
  await page.locator(".step-result", { hasText: "Renewed once." }).waitFor();
  await page.locator(".wire-open", { hasText: "bind-with-token" }).last().click();
  assert.match(await page.locator(".wire-text pre").innerText(), /^bind-with-token \S+\.\S+\.\S+$/);
  assert.deepEqual((await manage(page, "/verdicts")).findings, []);
  await lookAt(page, "live-bound");
  await checkWidths(page, "live, bound");
  await page.getByRole("button", { name: "Inspect this token" }).first().click();
  await page.waitForFunction(() => location.hash === "#token");
});

test("the careful client does it all, and fills a gap by itself", async (t) => {
  const page = await openPage(t, browser, mock.page);
  for (const fhir of ["R4", "R4B", "R5"]) {
    await t.test(fhir, async () => {
      await page.getByLabel("FHIR release").selectOption(fhir);
      await button(page, "Do it all").click();
      await page.locator(".step-result", { hasText: "Bound." }).waitFor();
      await manage(page, "/faults", { faults: [{ fault: "gap" }] });
      await button(page, "3 events").click();
      await page.locator(".chip.filled").waitFor();
      assert.deepEqual((await manage(page, "/verdicts")).findings, []);
      await button(page, "Start over").click();
      await button(page, "Do it all").waitFor();
    });
  }
});

test("the careless client shows a token that is revoked again and again", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await page.getByRole("switch", { name: "Careful client" }).click();
  await button(page, "Do it all").click();
  await page.locator(".step-result", { hasText: "Bound." }).waitFor();
  const id = (await page.locator(".step-result code").first().innerText()).replace("Subscription/", "");
  await manage(page, "/revoke", { subscription: id });
  await page.locator("main").getByText("The careless client gave up").waitFor();
  const codes = (await manage(page, "/verdicts")).findings.map(({ code }) => code);
  assert.ok(codes.includes("used-dead-token"), codes.join());
});

/** Makes the world anew with a virtual clock. */
async function virtualTime(page) {
  await page.evaluate(() => { location.hash = "#mischief"; });
  await button(page, "Switch to virtual time").click();
  await page.locator(".confirm.asking").getByRole("button", { name: "Make the world anew" }).click();
  await button(page, "Switch to real time").waitFor();
  await page.evaluate(() => { location.hash = "#live"; });
}

/** Waits for a verdict to be shown. If it is not, what the mock says and why is told. */
async function verdict(page, code) {
  try {
    await page.locator(".verdict", { hasText: code }).waitFor();
  } catch (err) {
    const [{ findings }, { entries }] = await Promise.all([manage(page, "/verdicts"), manage(page, "/journal?limit=400")]);
    const lines = [...findings, ...entries.map(({ text, ...entry }) => entry)].map((line) => JSON.stringify(line));
    throw new Error(`no ${code} is shown; the mock says\n${lines.join("\n")}`, { cause: err });
  }
}

/** Advances the clock, and waits until it stands. */
async function advance(page, text, said) {
  await page.evaluate(() => { location.hash = "#mischief"; });
  await button(page, text).click();
  await page.locator(".outcome", { hasText: `The clock moved on by ${said}.` }).waitFor({ timeout: 60_000 });
}

test("in virtual time, the careless client handles an event twice and lets its token run out", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await virtualTime(page);
  await page.getByRole("switch", { name: "Careful client" }).click();
  await button(page, "Do it all").click();
  await page.locator(".step-result", { hasText: "Bound." }).waitFor();
  for (let number = 1; number <= 4; number++) {
    if (number > 2) await manage(page, "/faults", { faults: [{ fault: "duplicate" }] }); // one duplicate may be chance
    const read = page.waitForResponse((answer) => answer.url().includes("/Encounter/") && answer.request().method() === "GET");
    await button(page, "Create an Encounter").click();
    await read;
  }
  await page.locator(".chip.again").nth(1).waitFor();
  await advance(page, "+5 min", "5 minutes");
  await advance(page, "+10 s", "10 seconds");
  for (const code of ["duplicate-taken-as-new", "used-dead-token", "never-renewed"]) await verdict(page, code);
});

test("in virtual time, the careful client hears every heartbeat and renews", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await virtualTime(page);
  await button(page, "Do it all").click();
  await page.locator(".step-result", { hasText: "Bound." }).waitFor();
  await advance(page, "+5 min", "5 minutes");
  await page.evaluate(() => { location.hash = "#live"; });
  await page.locator(".step-result", { hasText: "Renewed" }).waitFor();
  assert.equal(await page.locator(".drive-remark").count(), 0);
  assert.deepEqual((await manage(page, "/verdicts")).findings, []);
});

test("an answer that breaks its definition says where, and goes to the Validator", async (t) => {
  const page = await openPage(t, browser, mock.page);
  await button(page, "Create Subscription").click();
  await page.locator(".step-result", { hasText: "is active" }).waitFor();
  await manage(page, "/faults", { faults: [{ fault: "wrong-value-type", parameter: "token" }] });
  await button(page, "Get token").click();
  await page.locator(".step-failure", { hasText: "wrong-value-type" }).waitFor();
  await page.locator(".wire-row.warning .wire-open").click();
  await page.locator(".wire-issues", { hasText: "Parameters.parameter" }).waitFor();
  await button(page, "Check it in the Validator").click();
  await page.locator("main").getByText("Not valid: 1 error").waitFor();
});

test("a Subscription that the server refuses says why, and what to do", async (t) => {
  const page = await openPage(t, browser, mock.page, { allow: refused });
  await page.getByLabel("Topic", { exact: true }).selectOption("other");
  await page.getByRole("textbox", { name: "Canonical URL" }).fill("http://example.org/none");
  await button(page, "Create Subscription").click();
  await page.locator(".step-failure", { hasText: "unsupported-topic" }).waitFor();
  await checkAccessibility(page, "live, refused");
});

test("without a server another one can be used, where the policy lets it", async (t) => {
  const page = await openPage(t, browser, host.url, { allow: new RegExp(`${refused.source}|${serverGone.source}|Content Security Policy`) });
  await page.getByLabel("FHIR base").fill(mock.fhir.R4);
  await button(page, "Use this server").click();
  await button(page, "Create Subscription").click();
  await page.locator("main").getByText("This page may not speak to").waitFor();
  await checkAccessibility(page, "live, blocked");
  await button(page, "Use another server").click();
  await page.getByText("No server behind this page").waitFor();
});
