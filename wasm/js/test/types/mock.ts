// A consumer of wsbind/mock, as tsc sees the packed package. Nothing here is run.

import {
  attachMock, faultNames, startMock,
  type Assertion, type AttachedMock, type AttachMockOptions, type Closed, type Entry, type FaultName, type FaultSpec, type Finding, type Journal, type Mock, type MockTenant, type StartMockOptions, type TemporaryTenant,
} from "wsbind/mock";

const options: StartMockOptions = { binary: new URL("file:///wsbind"), clock: "virtual", start: new Date(0), seed: 7, lifetime: "30s", signal: new AbortController().signal, onLog: (line) => line.length };
await using mock: Mock = await startMock(options);
await using tenant: TemporaryTenant = await mock.tenant("one", { profile: "hostile", dialect: undefined });
const where: AttachMockOptions = { management: new URL("http://127.0.0.1:8081"), tenant: "one", fetch: (url, init) => fetch(url, init), signal: new AbortController().signal, timeout: 5 };
const attached: AttachedMock = await attachMock(where);
await using other: TemporaryTenant = await attached.tenant();
const some: MockTenant[] = [mock, tenant, attached, other];
const base: string = mock.base("R4B");
const seed: number | undefined = tenant.seed;

const name: FaultName = faultNames[0]!;
const spec: FaultSpec = { fault: "close-after-handshake", code: 4001, subscription: "s1" };
const [planned] = await mock.faults.next("gap", name, spec);
await mock.faults.set({ fault: "duplicate", probability: 0.1 });
await mock.faults.clear(planned?.id);

const journal: Journal = mock.journal;
const entry: Entry = await journal.until(({ events }) => events?.includes(3) ?? false, { timeout: 2 });
for await (const { kind, status } of journal) if (kind === "open" && status === 101) break;
for await (const { text } of journal.follow({ type: "bind" }, { onMissed: (n) => n.toFixed() })) console.log(text?.length);

const now: Date = (await mock.advance("1h")).now;
const assertions: Assertion[] = ["bound twice", { fact: "bound", times: 2 }];
await mock.assert(...assertions);
const findings: readonly Finding[] = await mock.verdicts();
const closed: Closed = await mock.close();

// @ts-expect-error: no such fault
await mock.faults.next("gapp");
// @ts-expect-error: chance needs a probability
await mock.faults.set({ fault: "gap" });
// @ts-expect-error: misspelt
await startMock({ sede: 1 });
// @ts-expect-error: only a server that the test started is closed
await tenant.close();
// @ts-expect-error: a server that somebody else started is not closed
await attached.close();

export { base, closed, entry, findings, now, seed, some };
