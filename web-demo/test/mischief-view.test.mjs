// Mischief against the mock, in a browser: what is planned strikes, the clock is
// moved, and clients are judged.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkWidths, lookAt, openPage, refused, serverGone, startBrowser } from "./page.mjs";
import { startMock, startStaticHost } from "./servers.mjs";

const browser = await startBrowser(after);
const mock = await startMock();
after(() => mock.stop());

async function openMischief(t, url, options) {
  const page = await openPage(t, browser, `${url}#mischief`, options);
  await page.getByRole("heading", { name: "Try these" }).waitFor();
  return page;
}

/** The section of a heading. */
const card = (page, name) => page.getByRole("region", { name, exact: true });
const strike = (page, fault) => page.getByRole("button", { name: `Strike next: ${fault}`, exact: true }).first().click();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** A client of somebody else in the same world, which binds, and does not listen. */
async function otherClient(page) {
  await page.evaluate(async () => {
    const base = [...document.querySelectorAll(".bases code")].at(-1).textContent;
    const send = (path, body) => fetch(base + path, { method: "POST", headers: { "Content-Type": "application/fhir+json" }, body: JSON.stringify(body) }).then((answer) => answer.json());
    const topics = await fetch(`${base}/SubscriptionTopic`).then((answer) => answer.json());
    const { id } = await send("/Subscription", {
      resourceType: "Subscription", status: "requested", topic: topics.entry[0].resource.url, content: "id-only",
      channelType: { system: "http://terminology.hl7.org/CodeSystem/subscription-channel-type", code: "websocket" },
    });
    const { parameter } = await send(`/Subscription/${id}/$get-ws-binding-token`, { resourceType: "Parameters" });
    const value = (name) => Object.values(parameter.find((one) => one.name === name)).find((text) => text !== name);
    globalThis.socket = new WebSocket(value("websocket-url"));
    await new Promise((resolve) => { socket.onopen = resolve; });
    socket.send(`bind-with-token ${value("token")}`);
    await new Promise((resolve) => { socket.onmessage = resolve; });
  });
  await page.getByText("bound on 1 websocket").waitFor();
}

test("a fault waits, strikes, and is counted; a client is judged, with the evidence", async (t) => {
  const page = await openMischief(t, mock.page);
  await strike(page, "gap");
  await card(page, "Planned").getByText("at the next event-notification").waitFor();
  await strike(page, "drop");
  await page.getByRole("button", { name: "Take back drop" }).click();
  await card(page, "Planned").getByText("at the next frame").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Planned"); // the button is gone, the focus is not
  await otherClient(page);
  await card(page, "Verdicts").getByText("No complaint so far").waitFor();
  await page.getByRole("textbox", { name: "Events" }).fill("3");
  await press(page, "Make events");
  await card(page, "Planned").getByText("gap × 1").waitFor();
  await card(page, "What happens").getByText("fault: gap").waitFor();
  await page.evaluate(() => socket.send("hello"));
  await card(page, "Verdicts").getByText("unknown-frame").waitFor();
  await page.getByRole("button", { name: "Evidence (1)" }).click();
  await card(page, "Verdicts").getByText("sent a frame that nobody knows").waitFor();
  await press(page, "Check");
  await card(page, "Assertions").getByText("holds", { exact: true }).first().waitFor();
  await lookAt(page, "mischief-done");
  await checkWidths(page, "mischief was done");
});

test("the world is made anew with a virtual clock, which moves to the token's end", async (t) => {
  const page = await openMischief(t, mock.page);
  await press(page, "Switch to virtual time");
  await page.keyboard.press("Escape");
  await press(page, "Switch to virtual time");
  await page.locator(".confirm.asking").getByRole("button", { name: "Make the world anew" }).click();
  await page.getByRole("button", { name: "Switch to real time" }).waitFor();
  await otherClient(page);
  await press(page, "To the next token's expiry");
  await card(page, "What happens").getByText(/ended the binding of .*: expired-token/).waitFor();
  await page.getByText("No token is bound.").waitFor();
});

test("what the server refuses is said where it was asked", async (t) => {
  const page = await openMischief(t, mock.page, { allow: refused });
  await page.getByRole("searchbox", { name: "Search" }).fill("429");
  await page.getByRole("button", { name: /^More about/ }).click();
  await page.getByRole("textbox", { name: "Times" }).fill("2000000");
  await press(page, "Plan it");
  await card(page, "All faults").getByText("Times is 2000000, 1 to 1000000 is possible.").waitFor();
});

test("without a server it says how to get one", async (t) => {
  const host = await startStaticHost();
  t.after(() => host.stop());
  const page = await openPage(t, browser, `${host.url}#mischief`, { allow: serverGone }); // it ends while the module may be on its way
  await page.getByRole("heading", { name: "There is no server here" }).waitFor();
  await page.getByText("wsbind serve", { exact: true }).waitFor();
});
