// The token inspector: samples, tokens of a real server, and what is wrong with
// tokens that somebody has tampered with.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkWidths, lookAt, openPage, startBrowser } from "./page.mjs";
import { startMock, startStaticHost } from "./servers.mjs";

const browser = await startBrowser(after);
const mock = await startMock();
const host = await startStaticHost();
after(() => Promise.all([mock.stop(), host.stop()]));

const input = (page) => page.getByLabel("Binding token");
const rule = (page, title) => page.getByRole("listitem").filter({ hasText: title });

/** A token of the mock, and what its answer says of it. */
async function realToken() {
  const base = mock.fhir.R5;
  const headers = { "Content-Type": "application/fhir+json" };
  const subscription = { resourceType: "Subscription", status: "requested", content: "empty", topic: "http://wsbind.example/SubscriptionTopic/Encounter", channelType: { code: "websocket" } };
  await fetch(`${base}/Subscription`, { method: "POST", headers, body: JSON.stringify(subscription) });
  const answer = await (await fetch(`${base}/Subscription/$get-ws-binding-token`, { method: "POST" })).json();
  const value = (name) => Object.entries(answer.parameter.find((p) => p.name === name)).find(([key]) => key.startsWith("value"))[1];
  return { base, token: value("token"), audience: value("websocket-url") };
}

const verdicts = [
  ["A good token", "This token is accepted.", null],
  ["Somebody changed a claim", "This token is refused: bad-signature", "A key of the set made the signature"],
  ["It expired an hour ago", "This token is refused: expired-token", "It has not expired"],
  ["It is for another websocket", "This token is refused: wrong-audience", "It is for this websocket"],
  ["Signed by a stranger", "This token is refused: bad-signature", "A key of the set made the signature"],
  ["Its algorithm is none", "This token is refused: algorithm-not-allowed", "Its algorithm is an allowed one"],
  ["An access token", "This token is refused: wrong-typ", "It says that it is a binding token"],
];

test("without a server", async (t) => {
  const page = await openPage(t, browser, `${host.url}#token`);

  await t.test("what is no token is told where it stops being one", async () => {
    await page.getByText("No token yet").waitFor();
    const header = Buffer.from('{"alg":"ES256","typ":"fhir-ws-binding+jwt"}').toString("base64url");
    for (const [text, verdict] of [["abc", "malformed-token"], ["a b.c.d", "white-space-in-token"], [`${header}.e30=.AA`, "non-canonical-base64url"], [`{"payload":""}`, "json-serialization"]]) {
      await input(page).fill(text);
      await page.getByText(`This token is refused: ${verdict}`).first().waitFor();
    }
    await page.getByLabel("Keys").selectOption("text");
    await page.getByLabel("JWK Set").fill("{");
    await page.getByText("The token cannot be held against this.").waitFor();
  });

  await t.test("each sample is judged as its name says", async () => {
    for (const [sample, verdict, broken] of verdicts) {
      await page.getByRole("button", { name: sample }).click();
      await page.getByText(verdict).first().waitFor();
      if (broken) assert.match(await rule(page, broken).textContent(), /^broken: /, sample);
      await page.getByText("not verified: anybody can write these").waitFor({ state: broken === null ? "hidden" : "visible" });
    }
  });

  await t.test("a refused token is accessible and fits", async () => {
    await page.getByRole("button", { name: "Somebody changed a claim" }).click();
    await page.getByText("This token is refused: bad-signature").first().waitFor();
    await page.getByText("not verified: anybody can write these").waitFor();
    await page.getByText("Why").first().click();
    await lookAt(page, "token-refused");
    await checkWidths(page, "a refused token");
  });
});

test("a pasted token of the server is verified with its keys, and refused once it was tampered with", async (t) => {
  const { base, token, audience } = await realToken();
  const page = await openPage(t, browser, `${mock.page}#token`);
  await page.getByText("Server is there").waitFor();
  await input(page).fill(`  ${token}\n`);
  await page.getByText("Nothing speaks against this token, but not all is known.").first().waitFor();
  await page.getByLabel("Keys").selectOption("server");
  await page.getByLabel("Issuer that is due").fill(base);
  await page.getByLabel("Audience that is due").fill(audience);
  await page.getByText("This token is accepted.").first().waitFor();
  await page.getByText(/in 4 minutes \d+ seconds|in 5 minutes/).first().waitFor();

  const [header, claims, signature] = token.split(".");
  const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, "base64url")), sub: "somebody-else" })).toString("base64url");
  await input(page).fill([header, changed, signature].join("."));
  await page.getByText("This token is refused: bad-signature").first().waitFor();
  await page.getByText("the signature does not fit the header, the payload and the key").first().waitFor();
  assert.match(await rule(page, "It has not expired").textContent(), /^kept: /, "other rules are judged all the same");
  await page.getByRole("definition").filter({ hasText: "somebody-else" }).waitFor();

  await page.getByLabel("Audience that is due").fill("wss://elsewhere.example/ws");
  await page.waitForFunction(() => [...document.querySelectorAll(".rule.broken")].length === 2);
});
