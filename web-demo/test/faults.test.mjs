// The five faults that Mischief suggests: planned there, and in Live to be seen, to
// be understood, and to be got over.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { lookAt, openPage, refused, serverGone, startBrowser } from "./page.mjs";
import { startMock } from "./servers.mjs";
import { button, failure, result, startOver, take, view } from "./steps.mjs";

const browser = await startBrowser(after);
const mock = await startMock();
after(() => mock.stop());

/** Plans a fault in Mischief, and goes back to Live. */
async function strike(page, fault) {
  await view(page, "Mischief");
  await button(page, `Strike next: ${fault}`).click();
  await page.getByRole("region", { name: "Planned", exact: true }).getByRole("button", { name: `Take back ${fault}` }).waitFor();
  await view(page, "Live");
}

/** The chip of an event, a gap, or an event that came again. */
const chip = (page, words) => page.locator(".chip", { hasText: words });

/** An arrow of the diagram. */
const arrow = (page, words) => page.locator(".wire-open", { hasText: words });

/** What each suggestion comes to. */
const suggestions = {
  async gap(page) {
    await take(page);
    await strike(page, "gap");
    await button(page, "Create an Encounter").click();
    await page.waitForFunction(() => document.querySelector(".wire-scroll").textContent.includes("201"));
    await button(page, "Create an Encounter").click();
    await chip(page, "missing").waitFor();
    await page.locator(".badge", { hasText: "1 missing" }).waitFor();
    await arrow(page, "after a gap").waitFor();
    await page.getByText("A jump means that something is missing, and $events has it.").waitFor();
    await lookAt(page, "live-gap");
    await button(page, "Catch up").click();
    await chip(page, "filled").waitFor();
  },

  async duplicate(page) {
    await take(page);
    await strike(page, "duplicate");
    await button(page, "Create an Encounter").click();
    await chip(page, "again").waitFor();
    await arrow(page, "again").waitFor();
    await page.getByText("Notifications with events: 2").click();
    await page.getByRole("cell", { name: "1 again", exact: true }).waitFor();
  },

  async "wrong-value-type"(page) {
    await take(page, "Create Subscription", "Create Subscription");
    await strike(page, "wrong-value-type");
    await button(page, "Get token").click();
    assert.match(await failure(page, "wrong-value-type"), /expiration|websocket-url|token|subscription/);
    assert.equal(await page.locator(".step-result", { hasText: "is good until" }).count(), 0, "the answer is not used");
    await lookAt(page, "live-garbled");
    await take(page, "Get token");
  },

  async "refused-upgrade"(page) {
    await take(page, "Create Subscription", "Get token");
    await strike(page, "refused-upgrade");
    await button(page, "Connect").click();
    await failure(page, "connection-failed");
    assert.equal(await page.locator(".step-result", { hasText: "Open" }).count(), 0);
    await take(page, "Connect");
  },

  async drop(page) {
    await take(page);
    await strike(page, "drop");
    await button(page, "Create an Encounter").click();
    assert.match(await failure(page, "connection-lost"), /Connect and bind again: .* catch up with what you missed/);
    await take(page, "Connect");
    await chip(page, "missing").waitFor();
    await button(page, "Catch up").click();
    await chip(page, "filled").waitFor();
  },
};

test("each of five faults is seen and explained in Live", async (t) => {
  const page = await openPage(t, browser, mock.page, { allow: new RegExp(`${refused.source}|${serverGone.source}`) });
  for (const [fault, seen] of Object.entries(suggestions)) {
    await t.test(fault, async () => {
      await view(page, "Live");
      await startOver(page);
      await seen(page);
    });
  }
  await view(page, "Mischief");
  const tiles = await page.locator(".suggestions .fault-name > code").allInnerTexts();
  assert.deepEqual(tiles.sort(), Object.keys(suggestions).sort(), "these are the ones that are suggested");
});

test("the careful client gets over all of them by itself", async (t) => {
  const page = await openPage(t, browser, mock.page, { allow: new RegExp(`${refused.source}|${serverGone.source}`) });
  for (const fault of ["refused-upgrade", "gap", "duplicate"]) await strike(page, fault);
  await button(page, "Do it all").click();
  await result(page, "Bound.");
  await button(page, "Create an Encounter").click();
  await button(page, "3 events").click();
  await chip(page, "filled").waitFor();
  await chip(page, "again").waitFor();
  await view(page, "Mischief");
  await page.getByRole("region", { name: "Verdicts", exact: true }).getByText("No complaint so far").waitFor();
});
