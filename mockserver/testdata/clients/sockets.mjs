// Node's ws and a browser-style WebSocket (undici's, the one that newer Nodes
// have as a global) behind one shape: next() yields the frames in order.
import { WebSocket as BrowserStyle } from "undici";
import Ws from "ws";

export function queue() {
  const ready = [];
  const waiting = [];
  return {
    put(item) {
      const take = waiting.shift();
      if (take) take(item);
      else ready.push(item);
    },
    next: () => (ready.length ? Promise.resolve(ready.shift()) : new Promise((take) => waiting.push(take))),
    pending: () => ready.length,
  };
}

// wrap works on the standard events, which ws offers as well.
function wrap(socket) {
  const frames = queue();
  const opened = new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", (event) => reject(event.error ?? new Error(event.message)));
  });
  const closed = new Promise((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
  socket.addEventListener("message", ({ data }) => frames.put(data));
  return opened.then(() => ({
    send: (text) => socket.send(text),
    next: frames.next,
    pending: frames.pending,
    closed,
    close: () => { socket.close(1000); return closed; },
  }));
}

export const sockets = {
  ws: (url) => wrap(new Ws(url)),
  "browser-style": (url) => wrap(new BrowserStyle(url)),
};
