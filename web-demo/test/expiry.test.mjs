// A token runs out under the virtual clock: by hand, where it ends the binding, and
// with the careful client, which renews in time.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { lookAt, openPage, startBrowser } from "./page.mjs";
import { startMock } from "./servers.mjs";
import { button, failure, result, startOver, take, view } from "./steps.mjs";

const browser = await startBrowser(after);
const mock = await startMock();
after(() => mock.stop());

const card = (page, name) => page.getByRole("region", { name, exact: true });

/** Advances the clock by 5 minutes in Mischief, and goes back to Live. */
async function fiveMinutes(page) {
  await view(page, "Mischief");
  await button(page, "+5 min").click();
  await card(page, "Clock").getByText("The clock moved on by 5 minutes.").waitFor();
  await view(page, "Live");
}

/** Has what comes over websockets be slower than the rest, as it may be where the machine is busy. */
const slowDown = (page, milliseconds) => page.evaluate((milliseconds) => {
  WebSocket.prototype.addEventListener = function (type, listener) {
    EventTarget.prototype.addEventListener.call(this, type, type === "message" ? (event) => setTimeout(listener, milliseconds, event) : listener);
  };
}, milliseconds);

test("under the virtual clock", async (t) => {
  const page = await openPage(t, browser, `${mock.page}#mischief`);
  await button(page, "Switch to virtual time").click();
  await page.locator(".confirm.asking").getByRole("button", { name: "Make the world anew" }).click();
  await button(page, "Switch to real time").waitFor();
  await view(page, "Live");

  await t.test("the token of somebody who does nothing runs out, and Live says what to do", async () => {
    await take(page);
    await card(page, "Token").getByText("bound", { exact: true }).waitFor();
    assert.equal(await page.locator(".ring-clock").textContent(), "5:00");
    await fiveMinutes(page);
    await page.locator(".wire-open", { hasText: "OperationOutcome" }).click();
    await page.locator(".wire-text", { hasText: "expired-token" }).waitFor();
    await page.locator(".wire-open", { hasText: "1008" }).getByText("expired-token").waitFor();
    await card(page, "Token").getByText("expired", { exact: true }).waitFor();
    await card(page, "Token").getByText("Only a new token helps.").waitFor();
    assert.equal(await page.locator(".ring-clock").textContent(), "0:00");
    assert.match(await failure(page, "expired-token"), /Get a new token, then connect and bind again/);
    await lookAt(page, "live-expired");
    await take(page, "Get token");
    await card(page, "Token").getByText("bound", { exact: true }).waitFor();
  });

  await t.test("the careful client renews meanwhile, though frames come late, and the mock has no complaint", async () => {
    await slowDown(page, 50);
    await startOver(page);
    await button(page, "Do it all").click();
    await result(page, "Bound.");
    await fiveMinutes(page);
    await result(page, "Renewed once.");
    assert.equal(await page.locator(".wire-open", { hasText: "open the websocket" }).count(), 1);
    await card(page, "Token").getByText("bound", { exact: true }).waitFor();
    await button(page, "Create an Encounter").click();
    await page.locator(".chip", { hasText: "1" }).waitFor();
    await view(page, "Mischief");
    await card(page, "Verdicts").getByText("No complaint so far").waitFor();
  });
});
