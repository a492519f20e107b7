// REST, recorded.

import type { Fetch } from "wsbind";
import type { Place } from "../fhir-base.ts";
import type { Tone } from "../ui/parts.tsx";
import { brief } from "../ui/words.ts";
import { note } from "./log.ts";
import type { Message } from "./message.ts";
import { readGrant, readNotification } from "./reading.ts";
import { begin } from "./settled.ts";

/** Characters of an answer that are kept. */
const SHOWN = 4_000_000;

const hints = {
  failed: "A browser does not tell a page why a request failed: nobody listens there, the answer broke off, or the server does not allow this origin.",
  cut: `Only the first ${SHOWN.toLocaleString("en")} characters are shown.`,
} as const;

/** Returns a fetch that notes each request to a base, and its answer before the caller has it. */
export function recordedFetch({ base, fhir }: Place): Fetch {
  return async (input, init) => {
    const url = String(input);
    const method = init?.method ?? "GET";
    const path = url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url;
    const call = callOf(method, path);
    const end = begin();
    const answers = note({
      from: "client", to: "server", kind: "request", tone: "plain", title: `${method} ${shown(path)}`, call,
      head: [`${method} ${url}`, ...lines(new Headers(init?.headers))].join("\n"), body: typeof init?.body === "string" ? init.body : "",
    });
    try {
      const response = await fetch(input, init);
      note({ ...(await readAnswer(response, call, { base, fhir })), answers });
      return response;
    } catch (err) {
      const gaveUp = init?.signal?.aborted === true;
      note({
        from: gaveUp ? "client" : "server", to: gaveUp ? "server" : "client", kind: "failure", tone: gaveUp ? "warning" : "bad", call, answers, body: "",
        title: gaveUp ? "given up" : "no answer", head: err instanceof Error ? `${err.name}: ${err.message}` : String(err), hint: gaveUp ? undefined : hints.failed,
      });
      throw err;
    } finally {
      end();
    }
  };
}

async function readAnswer(response: Response, call: string, { base, fhir }: Place): Promise<Omit<Message, "id" | "at">> {
  const { status, statusText, headers } = response;
  const { text, cut } = await bodyOf(response.clone());
  const line = `${status} ${statusText}`.trimEnd();
  const verdict = response.ok && call === "$get-ws-binding-token" ? readGrant(text, fhir) : undefined;
  const grant = verdict?.response;
  const events = response.ok && call === "$events" ? readNotification(text, fhir) : undefined;
  return {
    from: "server", to: "client", kind: "answer", call, tone: verdict?.valid === false ? "warning" : toneOf(status), title: status === 0 ? "redirected" : line,
    head: [line, ...lines(headers)].join("\n"), body: text, hint: cut ? hints.cut : undefined,
    issues: (verdict ?? events)?.issues, verdict: events, grant, token: grant && { token: grant.token, issuer: base, audience: grant.websocketUrl },
  };
}

/** Reads an answer, and not without end. */
async function bodyOf(copy: Response): Promise<{ text: string; cut: boolean }> {
  const reader = copy.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader!.read()) {
    text += part.value;
    if (text.length <= SHOWN) continue;
    reader!.cancel().catch(() => {}); // the caller has the other half
    return { text: text.slice(0, SHOWN), cut: true };
  }
  return { text, cut: false };
}

/** What a request is for: `create`, an operation with its dollar sign, or the method. */
function callOf(method: string, path: string): string {
  const operation = /\$[a-z-]+/.exec(path)?.[0];
  if (operation !== undefined) return operation;
  return method === "POST" && /^[A-Za-z]+$/.test(path) ? "create" : method.toLowerCase();
}

/** A path as a title: an id that is long is not what one looks for. */
function shown(path: string): string {
  return path.replace(/(?<=\/)[A-Za-z0-9\-.]+(?=\/|$)/, brief);
}

function toneOf(status: number): Tone {
  if (status >= 200 && status < 300) return "good";
  return status >= 400 || status === 0 ? "bad" : "warning";
}

function lines(headers: Headers): string[] {
  return Array.from(headers, ([name, value]) => `${name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())}: ${value}`);
}
