import type { JSX } from "preact";
import { signal } from "@preact/signals";
import { Code } from "../ui/code.tsx";
import { Tabs, type Tab } from "../ui/tabs.tsx";
import type { Snippets } from "./place.ts";

const titles = { curl: "curl", go: "Go", js: "JavaScript" } as const;

/** The language that was chosen last, for all of them: nobody changes theirs from action to action. */
const chosen = signal("curl");

interface FromCodeProps {
  /** What is done, as in "Get a token from code". */
  readonly what: string;
  /** Makes the texts, when they are looked at. */
  readonly snippets: () => Snippets;
}

/** The same from code, folded away until somebody wants it. */
export function FromCode({ what, snippets }: FromCodeProps): JSX.Element {
  const tab = (name: keyof Snippets): Tab => ({
    name, title: titles[name], content: () => <Code text={snippets()[name]} what={`${what}, in ${titles[name]}`} />,
  });
  return (
    <details class="from-code">
      <summary>{what} from code</summary>
      <Tabs label="Language" tabs={[tab("curl"), tab("go"), tab("js")]} selected={chosen.value} onSelect={(name) => { chosen.value = name; }} />
    </details>
  );
}
