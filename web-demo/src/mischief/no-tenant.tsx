import type { JSX } from "preact";
import { server } from "../server.ts";
import { Code } from "../ui/code.tsx";
import { Empty } from "../ui/parts.tsx";
import { here } from "../world.ts";

/** Says why there is nothing to do mischief to, and how to get it. */
export function NoTenant(): JSX.Element {
  const found = server.value.state;
  if (found === "looking") return <Empty title="Looking for a server"><p>The page asks whether a mock server serves it.</p></Empty>;
  return (
    <section class="card no-tenant" aria-labelledby="no-tenant">
      <h2 id="no-tenant">{title(found)}</h2>
      <p>{reason(found)}</p>
      <h3>How to get a mock of your own</h3>
      <p>The command below starts the mock server on your machine. It keeps everything in memory and forgets it at its end. Open the address that it prints: it serves this page, and then all of this is here.</p>
      <Code text="wsbind serve" what="the command" />
      <h3>What there is then</h3>
      <ul>
        <li>More than fifty faults that the server commits on request: lost events, broken answers, cut connections, tokens with a wrong signature.</li>
        <li>A clock that you advance, so that an hour takes a moment.</li>
        <li>Verdicts: what clients did wrong, with the evidence and what to do. Your own client is judged as well.</li>
      </ul>
    </section>
  );
}

function title(found: string): string {
  if (found === "none") return "There is no server here";
  return here.value?.name === "" ? "That server is not a mock of ours" : "The management interface is not open to this page";
}

function reason(found: string): string {
  if (found === "none") return "This page lies on a static host. Mischief is done to a mock server: a server that makes mistakes when it is asked to, so that you see what your client does about them.";
  if (here.value?.name === "") return "A FHIR server of somebody else makes its own mistakes. Only the mock of wsbind makes them on request.";
  return "The mock server that serves this page does not let it use its management interface, by which faults are planned. It does so where both are on the loopback interface, as by default.";
}
