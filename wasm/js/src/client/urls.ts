/** Which URLs are used, and how they are named in messages. */

import { WsbindError } from "../error.js";
import { final, refused, shorten } from "./failure.js";

/** The FHIR base without its trailing slashes; what cannot be one is refused. */
export function checkBase(base: unknown): string {
  const url = typeof base === "string" || base instanceof URL ? parse(String(base)) : null;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new WsbindError("invalid-option", "base is no absolute http or https URL: give the FHIR base, such as https://example.org/fhir/R4");
  }
  if (url.username !== "" || url.password !== "") {
    throw new WsbindError("invalid-option", `base ${place(url.href)} has a user name or password in it: give them as headers`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new WsbindError("invalid-option", `base ${place(url.href)} has a query or fragment: give the FHIR base alone`);
  }
  return url.href.replace(/\/+$/, "");
}

/** Refuses a websocket-url that is none, or that would show the token to the network where the base does not. */
export function checkSocketURL(socket: string, base: string, allowWs: boolean): void {
  const url = parse(socket);
  if (!url || (url.protocol !== "ws:" && url.protocol !== "wss:")) {
    throw refused("invalid-primitive", `the websocket-url ${place(socket)} is no ws or wss URL`);
  }
  if (url.protocol === "ws:" && base.startsWith("https:") && !allowWs) {
    throw final("invalid-primitive", `the websocket-url ${place(socket)} is not protected, and the FHIR base is: ` +
      "the token and all events would be sent in the clear; the server should give a wss URL");
  }
}

/** Names a URL without user, password and query, where some servers put a token. */
export function place(text: string): string {
  const url = parse(text);
  if (!url) return JSON.stringify(shorten(text.replace(/[?#].*$/s, "").replace(/^([^/]*\/\/)[^/]*@/, "$1")));
  return shorten(`${url.protocol}//${url.host}${url.pathname}`);
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Whether a text is a FHIR id that may stand in a path; `.` and `..` would leave it. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9\-.]{1,64}$/.test(text) && text !== "." && text !== "..";
}

/** The id at the end of a reference: `1`, `Subscription/1` and `https://example.org/fhir/Subscription/1/_history/2` all mean 1. */
export function idOf(reference: string): string {
  const path = reference.split("/_history/", 1)[0]!;
  return path.slice(path.lastIndexOf("/") + 1);
}
