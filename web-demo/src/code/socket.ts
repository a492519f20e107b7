// Snippets for the channel: the token, the websocket, and what comes over it. They
// get their tokens themselves; none is ever in a text.

import { goClient, goStep } from "./socket-go.ts";
import { jsLiteral } from "./literal.ts";
import type { Snippets, Subscribed } from "./place.ts";
import { shellWord } from "./quote.ts";
import { restCurl } from "./rest.ts";
import { needsWebSocket, stepsJS } from "./steps-js.ts";
import { tokenRequest } from "./token-request.ts";

/** Calls $get-ws-binding-token. */
export function getToken(place: Subscribed): Snippets {
  const js = stepsJS(place, "const { subscriptions, websocketUrl, expiration } = await steps.getToken();\nconsole.log(subscriptions, websocketUrl, expiration);\n");
  return { curl: restCurl(tokenRequest(place)), go: goStep(place, "token"), js };
}

/** Opens the websocket. */
export function connect(place: Subscribed): Snippets {
  const js = stepsJS(place, "await steps.getToken();\nawait steps.connect();\nconsole.log(steps.state);\n");
  return { curl: listening(place, "wsbind listen connects, and says so with --verbose.", "--verbose"), go: goStep(place, "connect"), js };
}

/** Binds a token. */
export function bind(place: Subscribed): Snippets {
  const js = stepsJS(place, `${heard}await steps.getToken();\nawait steps.connect();\nawait steps.bind();\nconsole.log(steps.state);\n`);
  return { curl: listening(place, "wsbind listen binds, and prints the handshake."), go: goStep(place, "bind"), js };
}

/** Binds another token before the first one expires. */
export function renew(place: Subscribed): Snippets {
  const js = stepsJS(place, `${heard}await steps.getToken();
await steps.connect();
await steps.bind();
const { expiration } = await steps.renew(); // in time before the first one expires
console.log(steps.state, expiration);
`);
  return { curl: listening(place, "wsbind listen renews the token by itself, and says so with --verbose.", "--verbose"), go: goClient(place, "renew"), js };
}

/** Closes the websocket; the Subscription stays. */
export function disconnect(place: Subscribed): Snippets {
  const js = stepsJS(place, `await steps.getToken();\nawait steps.connect();\nawait steps.bind();\nsteps.close();\nconsole.log(steps.state);\n`);
  const curl = `# Enter ends wsbind listen, as Ctrl-C does without the ampersand. The Subscription stays.
wsbind listen ${flags(place).join(" ")} &
read -r; kill $!; wait $!
`;
  return { curl, go: goClient(place, "disconnect"), js };
}

/** Does all of it, and goes on. */
export function listen(place: Subscribed): Snippets {
  const { base, fhir, ids: subscriptions } = place;
  const js = `import { SubscriptionClient } from "wsbind";

${needsWebSocket}
const client = new SubscriptionClient(${jsLiteral({ base, fhir, ...(subscriptions.length > 0 && { subscriptions }) }, "", 38)});
for await (const { type, subscription, events } of client) {
  console.log(type, subscription, events.map(({ eventNumber }) => eventNumber));
}
`;
  return { curl: `wsbind listen ${flags(place).join(" ")}\n`, go: goClient(place, "listen"), js };
}

const heard = `steps.addEventListener("notification", ({ detail }) => {
  for (const { type, subscription } of detail.statuses) console.log(type, subscription);
});
`;

/** curl speaks no websocket. A comment has no mark that a shell without comments could take for its own. */
function listening(place: Subscribed, comment: string, ...more: readonly string[]): string {
  return `# curl speaks no websocket. ${comment}\nwsbind listen ${[...flags(place), ...more].join(" ")}\n`;
}

function flags({ base, fhir, ids }: Subscribed): string[] {
  return [`--base ${shellWord(base)}`, `--fhir ${fhir}`, ...ids.map((id) => `--subscription ${shellWord(id)}`)];
}
