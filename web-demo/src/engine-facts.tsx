import type { JSX } from "preact";
import { engine, lastRun, startEngine, type ModuleSize } from "./engine.ts";
import { server } from "./server.ts";
import { Button, Notice } from "./ui/parts.tsx";
import { bytes, milliseconds } from "./ui/words.ts";

/** Says which engine runs in the page: size, ABI, start, and the last run. */
export function EngineFacts(): JSX.Element {
  const now = engine.value;
  if (now.state === "loading") return <p class="facts" aria-busy="true">Loading the WebAssembly module…</p>;
  if (now.state === "failed") {
    return (
      <Notice tone="bad" title="The WebAssembly module did not start.">
        <p>{now.error.message}</p>
        <Button onClick={() => void startEngine()}>Try again</Button>
      </Notice>
    );
  }
  const { description: { abi, releases }, size, milliseconds: start } = now;
  const facts: [string, string][] = [
    ["Engine", `wsbind.wasm, ${sizeInWords(size)}`],
    ["ABI", `${abi.major}.${abi.minor}`],
    ["FHIR", releases.join(", ")],
    ["Started in", milliseconds(start)],
    ["Last run", lastRun.value === null ? "none yet" : `${lastRun.value.what}, ${milliseconds(lastRun.value.milliseconds)}`],
    ...versionFact(),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function sizeInWords({ bytes: whole, transferred }: ModuleSize): string {
  if (whole === null) return "of a size that the browser does not tell";
  return transferred === null || transferred >= whole ? bytes(whole) : `${bytes(whole)}, loaded as ${bytes(transferred)}`;
}

function versionFact(): [string, string][] {
  const found = server.value;
  const version = found.state === "there" || found.state === "away" ? found.about.version : undefined;
  return version === undefined ? [] : [["Server", `wsbind ${version}`]];
}
