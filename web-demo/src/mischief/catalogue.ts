// The catalogue of faults: which are shown, and which are worth trying first.

import type { Fault, FaultName } from "wsbind/mock";

/** A layer of faults. */
export type Layer = Fault["layer"];

/** The layers, and what their faults have in common. */
export const layers: readonly { readonly layer: Layer; readonly means: string }[] = [
  { layer: "operation", means: "The answer of $get-ws-binding-token, and the token in it." },
  { layer: "socket", means: "The websocket, whatever it carries." },
  { layer: "notification", means: "The notifications, and the Subscription that they are of." },
  { layer: "legal", means: "What no specification forbids, and clients get wrong all the same." },
];

/** A fault that is worth trying first. */
export interface Suggestion {
  readonly fault: FaultName;
  readonly title: string;
  /** What is to be seen of it in Live. */
  readonly see: string;
}

/** Those whose effect is seen best. */
export const suggestions: readonly Suggestion[] = [
  { fault: "gap", title: "Lose an event", see: "The next event gets its number and is never sent. With the one after it Live shows a gap, which a careful client fills by $events." },
  { fault: "duplicate", title: "Send an event twice", see: "The next event comes two times with one number. Live marks the second as repeated: nothing may be done about it again." },
  { fault: "wrong-value-type", title: "Garble the answer", see: "The next answer of $get-ws-binding-token has a value of a wrong type. Live shows which rule it breaks, and does not use it." },
  { fault: "refused-upgrade", title: "Refuse the websocket", see: "The next opening handshake is answered 503. Live shows no websocket; a careful client pauses, and tries again." },
  { fault: "drop", title: "Cut the connection", see: "In place of the next frame the connection ends, without a close frame. A careful client connects again, and asks $events for what it missed." },
];

/** The faults of a layer ("" for all) in which every word that is searched for stands. */
export function search(faults: readonly Fault[], layer: Layer | "", text: string): readonly Fault[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return faults.filter((fault) => {
    const all = `${fault.fault} ${fault.layer} ${fault.point} ${fault.does} ${fault.tests}`.toLowerCase();
    return (layer === "" || fault.layer === layer) && words.every((word) => all.includes(word));
  });
}
