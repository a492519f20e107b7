// What a document says, as the engine read it.

import type { ComponentChildren, JSX } from "preact";
import type { BindingResponse, Notification, NotificationEvent, SubscriptionStatus } from "wsbind";
import { now } from "../clock.ts";
import { handToken } from "../token/handed.ts";
import { Badge, Button, Card } from "../ui/parts.tsx";
import { dayAndTime, relative } from "../ui/words.ts";
import { result } from "./state.ts";

/** How many events are listed. */
const LISTED = 50;

/** What the document says, where something can be read in it. */
export function SaysCard(): JSX.Element | null {
  const shown = result.value;
  if (shown.state !== "judged") return null;
  const { response, notification } = shown.judged;
  if (response) return <Card title="What it says"><Response response={response} /></Card>;
  if (notification && notification.statuses.length > 0) return <Card title="What it says"><Notified notification={notification} /></Card>;
  return null;
}

function Response({ response: { token, expiration, subscriptions, websocketUrl } }: { readonly response: BindingResponse }): JSX.Element {
  const at = expiration.getTime();
  return (
    <Facts facts={[
      ["Token", <>
        <code>{masked(token)}</code> <span class="hint">{token.length} characters</span>
        <div><Button onClick={() => handToken(token, { audience: websocketUrl })}>Inspect this token</Button></div>
      </>],
      ["Expires", <>{relative(at, now.value)} <span class="hint">{dayAndTime(at)}</span> {at < now.value && <Badge tone="warning">over</Badge>}</>],
      ["Subscriptions", subscriptions.length > 0 ? <List items={subscriptions} /> : <span class="hint">none is named: the server leaves them out</span>],
      ["Connect to", <><code>{websocketUrl}</code> <URLBadge url={websocketUrl} /></>],
    ]} />
  );
}

/** A client opens a websocket with this URL. */
function URLBadge({ url }: { readonly url: string }): JSX.Element | null {
  const scheme = URL.canParse(url) ? new URL(url).protocol : "";
  if (scheme === "wss:") return null;
  return scheme === "ws:" ? <Badge tone="warning">not encrypted</Badge> : <Badge tone="bad">neither ws: nor wss:</Badge>;
}

function Notified({ notification: { id, timestamp, searchset, statuses } }: { readonly notification: Notification }): JSX.Element {
  const facts: Fact[] = [["Bundle", <>{id || "without an id"}{timestamp && <> <span class="hint">of {timestamp}</span></>}</>]];
  if (searchset) facts.push(["Form", "a searchset, as $status answers"]);
  return (
    <>
      <Facts facts={facts} />
      {statuses.map((status, index) => <Status key={index} status={status} />)}
    </>
  );
}

function Status({ status: { type, subscription, status, topic, eventsSinceSubscriptionStart: count, events, errors } }: { readonly status: SubscriptionStatus }): JSX.Element {
  return (
    <section class="status">
      <h3>{type || "A status without a type"}</h3>
      <Facts facts={[
        ["Subscription", <code>{subscription || "not named"}</code>],
        ["Status", status || "not said"],
        ["Topic", topic === "" ? <span class="hint">not said</span> : <code>{topic}</code>],
        ["Events so far", count === null ? <span class="hint">not counted</span> : String(count)],
        ...(errors.length > 0 ? [["Errors", <List items={errors.map(({ code, display }) => [code, display].filter(Boolean).join(": "))} />] as Fact] : []),
      ]} />
      {events.length > 0 && <Events events={events} />}
    </section>
  );
}

function Events({ events }: { readonly events: readonly NotificationEvent[] }): JSX.Element {
  return (
    <>
      <div class="scrolls" tabIndex={0} role="region" aria-label="Events">
        <table>
          <thead><tr><th scope="col">Number</th><th scope="col">When</th><th scope="col">Focus</th></tr></thead>
          <tbody>
            {events.slice(0, LISTED).map(({ eventNumber, timestamp, interaction, focus }, index) => (
              <tr key={index}>
                <td>{eventNumber === null ? "none" : String(eventNumber)}</td>
                <td>{timestamp || "not said"}</td>
                <td>{focus === null ? "none" : <><code>{focus.url}</code> {interaction} {focus.resource !== null && <Badge tone="plain">brought along</Badge>}</>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {events.length > LISTED && <p class="hint">And {events.length - LISTED} more.</p>}
    </>
  );
}

type Fact = readonly [string, ComponentChildren];

function Facts({ facts }: { readonly facts: readonly Fact[] }): JSX.Element {
  return <dl class="says">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function List({ items }: { readonly items: readonly string[] }): JSX.Element {
  const more = items.length > LISTED ? <li class="hint">and {items.length - LISTED} more</li> : null;
  return <ul class="plain-list">{items.slice(0, LISTED).map((item, index) => <li key={index}><code>{item}</code></li>)}{more}</ul>;
}

/** A token is a secret: enough of it to recognise it. */
function masked(token: string): string {
  return token.length <= 24 ? "•".repeat(8) : `${token.slice(0, 8)}…${token.slice(-6)}`;
}
