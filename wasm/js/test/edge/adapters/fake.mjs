// A gate that does as its client says, and what answers requests beside it.
// GET /log tells what its sessions were told since it was asked last.
const chunk = "x".repeat(65_536);

export function fake() {
  let log = [];
  const gate = {
    limits: { maxFrame: 16_384 },
    serves: (url) => new URL(url).pathname === "/ws",
    admit(request) {
      if (request.headers.get("upgrade") !== "websocket") return new Response("no websocket", { status: 426 });
      return request.headers.get("origin") === "https://evil.example" ? new Response("no", { status: 403 }) : undefined;
    },
    accept(port) {
      log.push("opened");
      return {
        frame(text) {
          log.push(text === null ? "binary" : `${text.length} characters`);
          act(port, text, log);
        },
        closed: () => log.push("closed"),
      };
    },
  };
  return { gate, handle: (request) => handle(request, () => log.splice(0)) };
}

function act(port, text, log) {
  const [verb, rest] = String(text).split(" ");
  if (verb === "echo") port.send(rest);
  else if (verb === "alone") port.send(`${port.alone === true}`);
  else if (verb === "close") port.close(1013, "slow-reader");
  else if (verb === "terminate") port.terminate?.();
  else if (verb === "push") push(port, log, 0);
  else port.send(`${text === null ? "null" : text.length}`);
}

// Pushes until a mebibyte waits, at the most 32: what a kernel takes is no backlog.
function push(port, log, sent) {
  port.send(chunk);
  if (!(port.buffered > 2 ** 20) && sent < 500) return void setTimeout(push, 0, port, log, sent + 1);
  log.push(sent < 500 ? "backlog" : "no backlog", "pushed");
  port.send("last");
  port.close(1013, "slow-reader");
}

async function handle(request, take) {
  const { pathname } = new URL(request.url);
  if (pathname === "/log") return Response.json(take());
  if (pathname === "/echo") return new Response(request.body, { status: 201, headers: [["x-was", request.headers.get("x-is")], ["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
  if (pathname === "/throws") throw new Error("secret");
  return new Response(`${request.method} ${pathname}`, { status: 404 });
}
