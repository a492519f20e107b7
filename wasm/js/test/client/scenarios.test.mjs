// The scenarios in Node, against bin/wsbind. They mostly wait, so several run at a time.
import { describe, test } from "node:test";
import * as wsbind from "wsbind";
import { WebSocket as WS } from "ws";
import { startMock } from "../mock.mjs";
import { scenarios } from "./scenarios.mjs";

const WebSocket = globalThis.WebSocket ?? WS;

describe("the client in Node", { concurrency: 4 }, () => {
  for (const { name, args, run } of scenarios) {
    test(name, async () => {
      const mock = await startMock({ args });
      try {
        await run({ wsbind, mock, WebSocket });
      } finally {
        await mock.stop();
      }
    });
  }
});
