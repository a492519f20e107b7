import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../ui/announce.tsx";
import { Button, Notice } from "../ui/parts.tsx";
import { ContractCard } from "./contract-card.tsx";
import { ExampleMenu } from "./example-menu.tsx";
import { takeFile } from "./files.ts";
import { SaysCard } from "./says-card.tsx";
import { SettingsCard } from "./settings-card.tsx";
import { ShareCard } from "./share-card.tsx";
import { message } from "./state.ts";
import { TextCard } from "./text-card.tsx";
import { VerdictCard } from "./verdict-card.tsx";

/** The view. */
export function ValidatorView(): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const over = useSignal(false);
  useEffect(() => takeDrops(place.current!, (is) => { over.value = is; }), []);
  return (
    <div ref={place} class={`validator ${over.value ? "over" : ""}`}>
      <ExampleMenu />
      <SettingsCard />
      <Said />
      <div class="validator-columns">
        <TextCard />
        <div class="validator-side">
          <VerdictCard />
          <SaysCard />
          <ShareCard />
        </div>
      </div>
      <ContractCard />
    </div>
  );
}

function Said(): JSX.Element | null {
  const said = message.value;
  useEffect(() => {
    if (said !== null) announce([said.title, said.text].filter(Boolean).join(" "));
  }, [said]);
  if (said === null) return null;
  return (
    <div class="said">
      <Notice tone={said.tone} title={said.title}>
        {said.text !== undefined && <p>{said.text}</p>}
        <Button kind="quiet" onClick={() => { message.value = null; }}>Close</Button>
      </Notice>
    </div>
  );
}

/** Takes files that are dropped, before the editor would paste them where they fall. */
function takeDrops(place: HTMLElement, show: (over: boolean) => void): () => void {
  const left = new AbortController();
  const listen = (name: "dragover" | "dragleave" | "drop", then: (event: DragEvent) => void): void => {
    place.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      then(event);
    }, { capture: true, signal: left.signal });
  };
  listen("dragover", () => show(true));
  listen("dragleave", ({ relatedTarget }) => place.contains(relatedTarget as Node | null) || show(false));
  listen("drop", ({ dataTransfer }) => {
    show(false);
    const file = dataTransfer?.files[0];
    if (file) void takeFile(file);
  });
  return () => left.abort();
}
