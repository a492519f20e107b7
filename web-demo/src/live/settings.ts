// What is subscribed to: what the reader chose before the first step.

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Release } from "wsbind";

/** How much a notification brings. */
export type Content = "empty" | "id-only" | "full-resource";

/** The content levels, each in a few words. */
export const contents: readonly { readonly value: Content; readonly text: string; readonly means: string }[] = [
  { value: "empty", text: "empty", means: "Only that something happened. You ask the server what." },
  { value: "id-only", text: "id-only", means: "What it happened to, as a reference. You read the resource if you want it." },
  { value: "full-resource", text: "full-resource", means: "The resource itself. Patient data then goes over the websocket." },
];

/** Seconds between heartbeats; 0 is none. */
export const periods: readonly number[] = [0, 5, 10, 30, 60];

const root = "http://wsbind.example/SubscriptionTopic/";

/** The topics that the mock has from the start, as far as they are offered. */
export const topics: readonly { readonly name: string; readonly text: string }[] = [
  { name: "Encounter", text: "Encounter: every change" },
  { name: "encounter-complete", text: "Encounter: completed" },
  { name: "Patient", text: "Patient: every change" },
  { name: "Observation", text: "Observation: every change" },
  { name: "Task", text: "Task: every change" },
  { name: "Appointment", text: "Appointment: every change" },
];

/** The topic that is written by hand. */
export const OTHER = "other";

export const release = signal<Release>("R4");
export const topicName = signal("Encounter");
export const topicText = signal("");
export const content = signal<Content>("id-only");
export const heartbeat = signal(10);

/** The canonical URL of the topic. */
export const topic: ReadonlySignal<string> = computed(() => (topicName.value === OTHER ? topicText.value.trim() : root + topicName.value));

/** The resource type that the topic is about, as far as its name says. */
export const topicType: ReadonlySignal<string> = computed(() => {
  const name = topicName.value === OTHER ? (topic.value.split("|", 1)[0]!.split("/").at(-1) ?? "") : topicName.value;
  return /^[A-Z][A-Za-z]{2,39}$/.test(name) ? name : "Encounter";
});

/** Why no Subscription to the topic can be asked for; "" if one can. */
export const topicError: ReadonlySignal<string> = computed(() => {
  if (topicName.value !== OTHER || /^(urn:|[A-Za-z][A-Za-z0-9+.-]*:\/\/)\S+$/.test(topic.value)) return "";
  return topic.value === "" ? "Write the canonical URL of the topic." : "A canonical URL is due, such as http://example.org/topic.";
});
