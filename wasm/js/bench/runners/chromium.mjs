import { run } from "/bench.js";

await fetch("/report", { method: "POST", body: JSON.stringify(await run(fetch("/wsbind.wasm"))) });
