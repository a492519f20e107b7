// A worker of workerd that runs the scenarios of one release; workerd.mjs starts it.
import * as wsbind from "wsbind";
import { outcome } from "./remote.mjs";
import { scenarios } from "./scenarios.mjs";

export default {
  async test(controller, { release, origin }) {
    const chosen = scenarios.filter(({ name }) => name.startsWith(`${release}: `));
    for (const scenario of chosen) {
      const { name, error } = await outcome(scenario, origin, { wsbind, WebSocket });
      if (error) throw new Error(`${name}: ${error}`);
    }
    console.log(`ok ${chosen.length}`);
  },
};
