// A plain websocket proxy for Bun.
Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request, { data: { early: [] } }) ? undefined : new Response(null, { status: 400 })),
  websocket: {
    perMessageDeflate: false,
    open(near) {
      const far = (near.data.far = new WebSocket(process.env.TO));
      far.addEventListener("open", () => near.data.early.forEach((text) => far.send(text)));
      far.addEventListener("message", ({ data }) => near.send(data));
      far.addEventListener("close", () => near.close());
    },
    message({ data: { far, early } }, text) {
      if (far.readyState === 1) far.send(text);
      else early.push(text);
    },
    close: ({ data: { far } }) => far.close(),
  },
});
