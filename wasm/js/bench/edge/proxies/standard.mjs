// What a plain proxy does where sockets have the web's own shape.
export function pipe(near, to) {
  const far = new WebSocket(to);
  const early = [];
  near.addEventListener("message", ({ data }) => (far.readyState === 1 ? far.send(data) : early.push(data)));
  far.addEventListener("open", () => early.forEach((text) => far.send(text)));
  far.addEventListener("message", ({ data }) => near.send(data));
  for (const [one, other] of [[near, far], [far, near]]) one.addEventListener("close", () => other.close());
}
