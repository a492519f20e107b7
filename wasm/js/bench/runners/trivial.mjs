// The smallest worker.
export default {
  fetch: () => new Response("true"),
};
