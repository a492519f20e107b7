// Listens to a rude server until it has its fourth event, and prints what it was
// told: the events, and why it waited.
import { SubscriptionClient } from "wsbind";

const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const client = new SubscriptionClient({
  base: process.argv[2], fhir: "R5", WebSocket, subscriptions: ["s1"], seen: { s1: 0 }, firstWait: 0.01, longestWait: 0.02,
});
const waits = [];
client.addEventListener("state", ({ detail }) => detail.state === "waiting" && waits.push(String(detail.reason)));
const numbers = [];
for await (const { events } of client) {
  numbers.push(...events.map(({ eventNumber }) => Number(eventNumber)));
  if (numbers.at(-1) === 4) break;
}
console.log(JSON.stringify({ numbers, waits }));
