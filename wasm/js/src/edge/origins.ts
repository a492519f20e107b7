/** Which pages may connect: a browser sends the cookies of its user with any page's websocket. */

import { refuse, show } from "../options.js";

/** Says whether pages of an origin may connect. */
export type Origins = (origin: string) => boolean;

/** originsOf reads the option; without it, pages of the websocket's own origin may connect. */
export function originsOf(given: readonly string[] | "*" | undefined, websocketUrl: URL): Origins {
  if (given === "*") return () => true;
  if (given !== undefined && !Array.isArray(given)) refuse(`origins is ${show(given)}, a list of origins or "*" is due`);
  const allowed = new Set(given === undefined ? [ownOrigin(websocketUrl)] : given.map(checkOrigin));
  return (origin) => allowed.has(origin);
}

/** The origin of pages that are served where the websocket is. */
function ownOrigin({ protocol, host }: URL): string {
  return `${protocol === "ws:" ? "http:" : "https:"}//${host}`;
}

/** An origin as browsers send it (RFC 6454, 7): scheme and host in lower case, no path. */
function checkOrigin(given: unknown): string {
  const due = "an origin such as https://app.example is due";
  if (typeof given !== "string" || !URL.canParse(given)) return refuse(`origins has ${show(given)}: ${due}`);
  const { origin, href } = new URL(given);
  if (origin === "null" || `${origin}/` !== href) return refuse(`origins has ${show(given)}: ${due}, without a path`);
  return origin;
}
