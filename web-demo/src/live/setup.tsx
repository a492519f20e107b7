import type { JSX } from "preact";
import { Button, Choice, Field } from "../ui/parts.tsx";
import { Copy } from "../ui/code.tsx";
import { releases } from "../fhir-base.ts";
import { here, leaveForeignServer } from "../world.ts";
import { base, facts } from "./session.ts";
import { content, contents, heartbeat, OTHER, periods, release, topic, topicError, topicName, topicText, topics } from "./settings.ts";

/** What is subscribed to, and where. */
export function Setup(): JSX.Element {
  const begun = facts.value.subscriptions.length > 0;
  return (
    <div class="setup">
      {begun
        ? <details class="setup-more" key="more"><summary>For another Subscription: <span class="setup-now">{inWords()}</span></summary><Fields begun /></details>
        : <Fields begun={false} />}
      <Base />
    </div>
  );
}

function Fields({ begun }: { readonly begun: boolean }): JSX.Element {
  return (
    <div class="setup-fields">
      <ReleaseChoice begun={begun} />
      <TopicChoice />
      <Choice label="Content" value={content.value} onChange={(value) => { content.value = value; }}
        options={contents} hint={contents.find(({ value }) => value === content.value)?.means} />
      <Choice label="Heartbeats" value={String(heartbeat.value)} onChange={(value) => { heartbeat.value = Number(value); }}
        options={periods.map((seconds) => ({ value: String(seconds), text: beats(seconds) }))}
        hint={heartbeat.value === 0 ? "Silence may then mean that nothing happens, or that the connection is dead." : "Silence for longer means that the connection is dead."} />
    </div>
  );
}

function inWords(): string {
  const name = topicName.value === OTHER ? topic.value : topicName.value;
  return `${release.value}, ${name}, ${content.value}, heartbeats ${beats(heartbeat.value)}`;
}

function beats(seconds: number): string {
  return seconds === 0 ? "none" : `every ${seconds} s`;
}

function ReleaseChoice({ begun }: { readonly begun: boolean }): JSX.Element {
  const there = (name: string): boolean => here.value === null || name in here.value.bases;
  return (
    <Choice label="FHIR release" value={release.value} onChange={(value) => { release.value = value; }} disabled={begun}
      options={releases.map((value) => ({ value, text: value, disabled: !there(value) }))}
      hint={begun ? "Start over to change it." : release.value === "R5" ? "Subscriptions as in the core specification." : "Subscriptions as in the Backport guide."} />
  );
}

function TopicChoice(): JSX.Element {
  return (
    <>
      <Choice label="Topic" value={topicName.value} onChange={(value) => { topicName.value = value; }}
        options={[...topics.map(({ name, text }) => ({ value: name, text })), { value: OTHER, text: "another topic" }]}
        hint="Which change of which resource is told." />
      {topicName.value === OTHER && (
        <Field label="Canonical URL of the topic" error={topicError.value === "" || topicText.value === "" ? undefined : topicError.value}>
          {(control) => (
            <input {...control} type="url" value={topicText.value} spellcheck={false} placeholder="http://example.org/topic"
              onInput={(event) => { topicText.value = event.currentTarget.value; }} />
          )}
        </Field>
      )}
    </>
  );
}

/** The base of this world, for other clients. */
function Base(): JSX.Element | null {
  if (base.value === "") return null;
  const foreign = here.value?.name === "";
  return (
    <div class="base">
      <p class="hint">{foreign ? "The FHIR base that this page speaks to:" : "Point your own client at this base, and it is in this world too:"}</p>
      <div class="base-line"><code>{base.value}</code><Copy text={base.value} what="the FHIR base" /></div>
      {foreign && <Button kind="quiet" onClick={leaveForeignServer}>Use another server</Button>}
    </div>
  );
}
