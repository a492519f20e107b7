// A client of Medplum in a process of its own, since version 5 needs a newer
// Node than the tests run in. It does what its parent says (medplum.mjs), and
// reports what its emitters and its socket see.
//
// node medplum-client.mjs PACKAGE BASE
const [core, base] = process.argv.slice(2);

const report = (on, type, detail) => process.send({ on, type, detail });
process.on("disconnect", () => process.exit());

// The client's intervals run when the parent says so, and its clock can be put
// forward: renewal looks once a minute, and waits for most of an hour.
const intervals = new Map();
globalThis.setInterval = (run, period) => {
  const handle = Symbol(period);
  intervals.set(handle, { run, period });
  return handle;
};
globalThis.clearInterval = (handle) => intervals.delete(handle);
const wallClock = Date.now;
let ahead = 0;
Date.now = () => wallClock() + ahead;

const kind = (text) => {
  try {
    const frame = JSON.parse(text);
    return frame.resourceType ?? frame.type;
  } catch {
    return "text";
  }
};

// The client reads the global while it is imported.
const Socket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
globalThis.WebSocket = class extends Socket {
  constructor(url) {
    super(url);
    report("wire", "socket", url);
    this.addEventListener("message", ({ data }) => report("received", kind(data), data));
  }

  send(text) {
    report("sent", kind(text), text);
    super.send(text);
  }
};

// Its first pause before it connects again is drawn once, from 1 to 5 seconds:
// the shortest will do.
const { random } = Math;
Math.random = () => 0;
const { MedplumClient } = await import(core);
Math.random = random;

// Who is signed in comes from Medplum's own server, which the mock is not.
// Version 5 subscribes to nothing before it knows.
const session = {
  profile: { resourceType: "Practitioner", id: "tester" },
  project: { resourceType: "Project", id: "tests" },
};
const client = new MedplumClient({
  baseUrl: base,
  fetch: async (url, options) => (url === `${base}auth/me` ? Response.json(session) : fetch(url, options)),
});
const claims = Buffer.from(JSON.stringify({ login_id: "tester" })).toString("base64url");
await client.setActiveLogin({
  accessToken: `e30.${claims}.e30`,
  refreshToken: "",
  profile: { reference: "Practitioner/tester" },
  project: { reference: "Project/tests" },
});

function watch(name, emitter) {
  for (const type of ["open", "connect", "message", "heartbeat", "disconnect", "error", "close"]) {
    emitter.addEventListener(type, ({ payload }) => {
      report(name, type, payload instanceof Error ? payload.message : payload);
    });
  }
}

const commands = {
  subscribe: (criteria) => watch(criteria, client.subscribeToCriteria(criteria)),
  unsubscribe: (criteria) => client.unsubscribeFromCriteria(criteria),
  create: (resource) => client.createResource(resource),
  read: (type, id) => client.readResource(type, id),
  remove: (type, id) => client.deleteResource(type, id),
  send: (text) => client.getSubscriptionManager().getWebSocket().send(text),
  pass: (seconds) => { ahead += seconds * 1000; },
  tick(period) {
    const due = [...intervals.values()].filter((interval) => interval.period === period);
    for (const { run } of due) run();
    return due.length;
  },
};

process.on("message", async ({ number, command, args }) => {
  try {
    process.send({ number, result: await commands[command](...args) });
  } catch (error) {
    process.send({ number, failure: error.message });
  }
});
watch("master", client.getMasterSubscriptionEmitter());
report("client", "ready");
