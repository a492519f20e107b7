// The place of an editor. Until CodeMirror is loaded, and where it cannot be, a plain
// text area stands there, whose text is judged as well.

import { effect, useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Editor, Mark } from "./editor.ts";
import type { Span } from "./span.ts";
import { goal, gone, marked, type Text } from "./state.ts";

/** Milliseconds of rest after which what was typed is judged. */
const REST = 150;

interface EditorBoxProps {
  readonly name: Text;
  readonly label: string;
  readonly text: ReadonlySignal<string>;
  readonly json: ReadonlySignal<boolean>;
  readonly marks: ReadonlySignal<readonly Mark[]>;
  readonly pointed: ReadonlySignal<Span | null>;
  readonly onText: (text: string) => void;
}

/** An editor. */
export function EditorBox(props: EditorBoxProps): JSX.Element {
  const { label, text } = props;
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const state = useSignal<"loading" | "ready" | "failed">("loading");
  const plain = useComputed(() => (state.value === "ready" ? "" : text.value));
  const given = useRef(text.peek());

  useEffect(() => {
    const typing = new Typing((now) => {
      given.current = now;
      props.onText(now);
    });
    let editor: Editor | null = null;
    let close = (): void => {};
    const left = new AbortController();
    area.current!.addEventListener("input", ({ currentTarget }) => typing.note(() => (currentTarget as HTMLTextAreaElement).value), { signal: left.signal });
    import("./editor.ts").then(({ openEditor }) => {
      if (left.signal.aborted) return;
      typing.flush();
      const focused = document.activeElement === area.current;
      host.current!.hidden = false; // at once: what is hidden takes no focus
      editor = openEditor(host.current!.shadowRoot ?? host.current!.attachShadow({ mode: "open" }), {
        name: props.name, label, text: text.peek(), json: props.json.peek(), onEdit: () => typing.note(() => editor!.textNow()),
      });
      given.current = text.peek();
      state.value = "ready";
      close = follow(props, editor, typing, given);
      if (focused) editor.moveTo(area.current!.selectionStart);
    }, () => { state.value = "failed"; });
    const closePlain = effect(() => takeGoal(props.name, ({ from }) => editor === null && pick(area.current!, from)));
    return () => {
      left.abort();
      typing.flush();
      closePlain();
      close();
      editor?.close();
    };
  }, []);

  return (
    <>
      <div ref={host} class="editor" hidden={state.value !== "ready"} />
      <textarea ref={area} class="editor-plain" hidden={state.value === "ready"} aria-label={label} spellcheck={false} value={plain.value} />
      {state.value === "failed" && <p class="hint">The editor could not be loaded. This text area will do: what is typed here is judged as well.</p>}
    </>
  );
}

/** Waits until nobody types any more. */
class Typing {
  readonly #done: (text: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #read: (() => string) | null = null;

  constructor(done: (text: string) => void) {
    this.#done = done;
  }

  get pending(): boolean {
    return this.#read !== null;
  }

  note(read: () => string): void {
    this.#read = read;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), REST);
  }

  flush(): void {
    const read = this.#read;
    this.drop();
    if (read) this.#done(read());
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#read = null;
  }
}

/** Keeps an editor as the signals have it; returns what ends that. */
function follow({ name, text, json, marks, pointed }: EditorBoxProps, editor: Editor, typing: Typing, given: { current: string }): () => void {
  const ends = [
    effect(() => {
      const wanted = text.value;
      const found = marks.value;
      if (wanted !== given.current) {
        typing.drop();
        given.current = wanted;
        editor.setText(wanted);
      }
      if (!typing.pending) editor.setMarks(found); // while somebody types they move along
    }),
    effect(() => editor.setJSON(json.value)),
    effect(() => {
      const span = pointed.value;
      if (!typing.pending) editor.point(span);
    }),
    effect(() => takeGoal(name, ({ from }) => editor.moveTo(from))),
  ];
  return () => ends.forEach((end) => end());
}

/** Goes where the cursor is to go, if that is in this text. */
function takeGoal(name: Text, go: (span: Span) => unknown): void {
  const to = goal.value;
  if (to?.text !== name || go(to.span) === false) return;
  queueMicrotask(() => {
    goal.value = null;
    gone.value = marked.value = to.issue;
  });
}

function pick(area: HTMLTextAreaElement, from: number): void {
  area.focus();
  area.setSelectionRange(from, from);
}
