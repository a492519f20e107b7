// Clocks stand still within a request: each does one part of a row, and whoever
// asks takes the time. GET / lists the rows, GET /ROW/ours/N does it N times.
import module from "wsbind/wsbind.wasm";
import { rows } from "../bench.mjs";

let prepared;

export default {
  async fetch(request) {
    const all = await (prepared ??= rows(module));
    const [, row, who, n] = new URL(request.url).pathname.split("/");
    if (row === "") return Response.json(all.map(({ name }) => name));
    await all[row][who](Number(n));
    return new Response();
  },
};
