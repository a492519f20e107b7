import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { announce } from "../ui/announce.tsx";
import { Icon } from "../ui/icon.tsx";
import { examples, type Example } from "./examples.ts";
import { begin } from "./state.ts";

const groups = [
  { title: "Without issues", tone: "good", icon: "tick", of: examples.filter(({ code }) => code === null) },
  { title: "With issues", tone: "bad", icon: "cross", of: examples.filter(({ code }) => code !== null) },
] as const;

/** Documents to begin with. */
export function ExampleMenu(): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  const choose = ({ title, work }: Example): void => {
    begin(work);
    menu.current!.open = false;
    menu.current!.querySelector("summary")?.focus();
    announce(`Loaded the example ${title}.`);
  };
  return (
    <details class="examples" ref={menu}>
      <summary>Examples, good and bad</summary>
      <div class="example-groups">
        {groups.map(({ title, tone, icon, of }) => (
          <section key={title}>
            <h2 class={tone}><Icon name={icon} /> {title}</h2>
            <ul>
              {of.map((example) => (
                <li key={example.title}>
                  <button type="button" class="example" onClick={() => choose(example)}>
                    <span class="example-title">{example.title}</span>
                    <span class="example-about">{example.about}</span>
                    {example.code !== null && <code>{example.code}</code>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </details>
  );
}
