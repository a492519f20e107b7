#!/usr/bin/env node
// What wsbind serve is to a caller, as far as the tests of wsbind/mock need it, and
// it misbehaves on demand:
//
//   --fake silent    prints no line             --fake dies     ends at once, with status 3
//   --fake garbage   prints another line        --fake deaf     is not moved by SIGTERM
//   --fake endless   prints a line that never ends
//   --watch PORT     connects to a port, which sees the connection end with it
//
// Beside the paths of the management interface there are those below /fake, by
// which a test tells it what happens.
import { createServer } from "node:http";
import { connect } from "node:net";

const args = process.argv.slice(2);
const flag = (name) => args[args.indexOf(name) + 1];
const mode = args.includes("--fake") && flag("--fake");
if (args.includes("--watch")) connect(Number(flag("--watch")), "127.0.0.1");
if (mode === "dies") {
  console.error("first words\nlast words");
  process.exit(3);
}

const listen = async (address, serve) => {
  const [host, port] = address.split(":");
  const server = createServer(serve);
  await new Promise((resolve) => server.listen(Number(port), host, resolve));
  return `http://${host}:${server.address().port}`;
};
const base = await listen(flag("--listen"), (_, response) => response.end());
const management = await listen(flag("--management"), serve);
const fhirOf = (base) => Object.fromEntries(["R4", "R4B", "R5"].map((r) => [r, `${base}/fhir/${r}`]));
const baseOf = (name) => (name === "" ? base : `${base}/t/${name}`);

const findings = [];
const tenants = new Map();
const streams = new Set();
let broken = 0; // how many streams are broken off at once

class Tenant {
  entries = [];
  planned = [];
  now = Date.parse("2026-01-01T00:00:00Z");
  constructor(name, options = {}) {
    Object.assign(this, { name, options, seed: options.seed ?? 7 });
  }
  add(entry) {
    const whole = { n: this.entries.length + 1, time: new Date(this.now).toISOString(), real: new Date().toISOString(), ...entry };
    this.entries.push(whole);
    for (const stream of streams) if (stream.tenant === this && stream.fits(whole)) stream.send(whole);
  }
}
tenants.set("", new Tenant(""));

const clock = (t) => ({ now: new Date(t.now).toISOString(), virtual: true, shared: false });
const failure = (status, code, diagnostics, expression = []) => ({ status, body: { issues: [{ severity: "error", code, type: "invalid", expression, diagnostics, position: { byte: 0, line: 1, column: 1, length: 0 } }] } });

/** The management interface: "METHOD /path" → (tenant, body, rest of the path) => what is answered. */
const actions = {
  "GET /health": (t) => ({ status: "ok", base: baseOf(t.name), fhir: fhirOf(baseOf(t.name)) }),
  "GET /state": (t) => ({ fhir: [], tenant: t.name }),
  "GET /verdicts": () => ({ findings, worst: findings.length ? "error" : "" }),
  "GET /clock": (t) => clock(t),
  "PUT /clock": (t, { now }) => ((t.now = Date.parse(now)), clock(t)),
  "POST /clock/advance": (t, { seconds, by }) => ((t.now += 1000 * (seconds ?? parseInt(by) * 3600)), clock(t)),
  "GET /faults": (t) => ({ profile: "polite", seed: t.seed, catalogue: [{ fault: "gap" }], planned: t.planned, struck: { gap: 2 } }),
  "POST /faults": (t, { faults }) => {
    const wrong = faults.find(({ fault }) => fault === "nothing");
    if (wrong) return failure(400, "malformed-request", `"nothing" is no fault`, ["fault"]);
    const planned = faults.map((spec, i) => ({ id: t.planned.length + i + 1, struck: 0, ...spec }));
    t.planned.push(...planned);
    return { planned };
  },
  "DELETE /faults": (t, _, id) => ((t.planned = id ? t.planned.filter((one) => one.id !== Number(id)) : []), undefined),
  "POST /events": (t, body) => (t.add({ kind: "command", text: JSON.stringify(body) }), { emitted: [{ fhir: "R5", subscription: body.subscription, first: 1, last: body.count ?? 1 }] }),
  "POST /revoke": (_, { jti }) => (jti ? { ended: 2 } : failure(400, "malformed-request", "exactly one is due")),
  "POST /subscriptions": (_, { fhir }, rest) => ({ fhir: fhir ?? "R5", subscription: { id: decodeURIComponent(rest.split("/")[0]), status: rest.split("/")[1] } }),
  "POST /assertions": (_, { assertions }) => {
    const results = assertions.map((assertion) => ({ assertion: assertion.fact ?? assertion, passed: assertion === "holds", found: 1, ...(assertion === "holds" ? {} : { nearest: [{ text: "connected (entry 4)", entry: 4 }, { text: "nothing else" }] }) }));
    return { passed: results.every(({ passed }) => passed), results };
  },
  "POST /reset": (t) => (tenants.set(t.name, new Tenant(t.name, t.options)), {}),
  "PUT /tenants": (_, body, name) => {
    if (name === "taken") return failure(429, "limit-reached", "there are too many tenants");
    const t = new Tenant(name, body);
    tenants.set(name, t);
    return { tenant: name, base: baseOf(name), management: `${management}/t/${name}`, fhir: fhirOf(baseOf(name)), seed: t.seed };
  },
  "DELETE /tenants": (_, __, name) => (tenants.delete(name) ? undefined : failure(404, "not-found", `there is no tenant ${name}`)),

  "GET /fake": () => ({ args }),
  "POST /fake/entries": (t, { entries }) => entries.forEach((entry) => t.add(entry)),
  "POST /fake/missed": (_, { missed }) => streams.forEach(({ response }) => response.write(`event: missed\ndata: {"missed":${missed}}\n\n`)),
  "POST /fake/cut": (_, { more = 0 }) => ((broken = more), streams.forEach(({ response }) => response.destroy())),
  "POST /fake/finding": (_, body) => findings.push(body),
  "POST /fake/answer": (_, { status, text }) => ({ status, text }),
  "POST /fake/exit": (_, { code }) => {
    console.error("the last words");
    process.exit(code);
  },
  "POST /fake/hang": () => new Promise(() => {}),
  "GET /fake/streams": () => ({ open: streams.size, asked }),
};
const asked = []; // how streams were asked for

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, management);
  const [, name = "", path] = /^(?:\/t\/([^/]+))?(\/.*)$/.exec(pathname);
  let text = "";
  for await (const piece of request) text += piece;
  const tenant = tenants.get(name);
  if (!tenant) return answer(response, failure(404, "not-found", `there is no tenant ${name}`));
  if (path === "/journal") return journal(tenant, searchParams, request, response);
  if (["POST", "PUT"].includes(request.method) && request.headers["content-type"] !== "application/json") return answer(response, failure(415, "unsupported-media-type", "application/json is due"));
  const known = Object.keys(actions).filter((key) => `${request.method} ${path}/`.startsWith(`${key}/`)).sort((a, b) => b.length - a.length)[0];
  if (!known) return answer(response, failure(404, "not-found", "there is no such path"));
  return answer(response, await actions[known](tenant, text === "" ? {} : JSON.parse(text), `${request.method} ${path}`.slice(known.length + 1)));
}

function answer(response, given) {
  const { status = given === undefined ? 204 : 200, text, body = given } = typeof given?.status === "number" ? given : { body: given };
  response.writeHead(status, { "Content-Type": "application/json" }).end(text ?? (body === undefined ? "" : JSON.stringify(body)));
}

function journal(tenant, query, request, response) {
  const id = request.headers["last-event-id"];
  const after = Number(id ?? query.get("after") ?? 0);
  const fits = (e) => e.n > after && [...query].every(([name, value]) => ["after", "limit"].includes(name) || String(e[name]) === value);
  const chosen = tenant.entries.filter(fits).slice(-Number(query.get("limit") ?? 1e9));
  if (request.headers.accept !== "text/event-stream") return answer(response, { entries: chosen, last: tenant.entries.length, dropped: 0 });
  asked.push(`${query} ${id ?? "-"}`);
  if (broken > 0 && broken--) return response.destroy();
  const send = (e) => response.write(`id: ${e.n}\nevent: entry\ndata: ${JSON.stringify(e)}\n\n`);
  const stream = { tenant, fits, send, response };
  streams.add(stream);
  response.on("close", () => streams.delete(stream));
  response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": hello\n\n");
  chosen.forEach(send);
}

process.on("SIGTERM", () => {
  if (mode === "deaf") return;
  console.log(JSON.stringify({ findings, worst: findings.length ? "error" : "" }));
  process.exit(findings.length ? 1 : 0);
});
console.error('{"msg":"a line of the log"}');
if (mode === "endless") process.stdout.write("x".repeat(17 << 20));
else if (mode === "garbage") console.log("wsbind 0.1");
else if (mode !== "silent") console.log(JSON.stringify({ base, management, fhir: fhirOf(base), jwks: "", local: base, seed: 7, dialect: "spec", profile: "polite", clock: "real" }));
