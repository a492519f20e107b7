// Mock servers of a page or a worker, which cannot start processes: it has them
// started, managed, killed and stopped by requests to this one.
import { startMock } from "../mock.mjs";

/** {actions, stop}: what serve() of browser/server.mjs takes, and what stops those that are left. */
export function mockActions() {
  const mocks = [];
  return {
    actions: {
      start: async (options) => {
        const mock = await startMock(options);
        return { id: mocks.push(mock) - 1, url: mock.url };
      },
      manage: ({ id, method, path, body }) => mocks[id].manage(method, path, body),
      kill: ({ id }) => mocks[id].kill(),
      restart: ({ id }) => mocks[id].restart(),
      stop: ({ id }) => mocks[id].stop(),
    },
    stop: () => Promise.all(mocks.map((mock) => mock.stop())),
  };
}
