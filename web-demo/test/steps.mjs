// What a reader does in Live and Mischief.

/** The first button of a name. */
export const button = (page, name) => page.getByRole("button", { name, exact: true }).first();

/** What came of a step, once it says so. Where it does not, the error tells what passed. */
export async function result(page, words) {
  const said = page.locator(".step-result", { hasText: words });
  await said.waitFor().catch(async ({ message }) => {
    const told = async (selector) => (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, " ")).join("\n  ");
    throw new Error(`${message}\nsteps:\n  ${await told(".step-result, .step-failure, .drive-remark")}\nwire:\n  ${await told(".wire-open")}`);
  });
}

/** What a step failed with, and the advice, once they are there. */
export async function failure(page, code) {
  const failed = page.locator(".step-failure", { has: page.getByText(code, { exact: true }) });
  await failed.getByText("What to do:").waitFor();
  return failed.innerText();
}

/** Shows a view, as somebody does who clicks. */
export async function view(page, name) {
  await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
  await page.locator("nav a[aria-current]", { hasText: name }).waitFor();
}

/** The steps with a button, and what each says when it is done. */
const steps = [["Create Subscription", "is active"], ["Get token", "is good until"], ["Connect", "Open"], ["Bind", "Bound."]];

/** Takes the steps from one to another, by hand. */
export async function take(page, from = "Create Subscription", to = "Bind") {
  const at = (wanted) => steps.findIndex(([name]) => name === wanted);
  for (const [name, done] of steps.slice(at(from), at(to) + 1)) {
    await button(page, name).click();
    await result(page, done);
  }
}

/** Begins anew in Live, with nothing done. */
export async function startOver(page) {
  await button(page, "Connect").waitFor(); // or else there is nothing yet that could be done
  if ((await button(page, "Start over").getAttribute("aria-disabled")) === null) await button(page, "Start over").click();
  await page.locator(".step-result").first().waitFor({ state: "detached" });
}
