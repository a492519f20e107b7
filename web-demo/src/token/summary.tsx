import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Inspection } from "wsbind";
import { announce } from "../ui/announce.tsx";
import { Notice } from "../ui/parts.tsx";
import { found } from "./inspector.ts";

/** The verdict on the token in a sentence: what a server would say, which stops at the first rule that is broken. */
export function Summary(): JSX.Element | null {
  const result = found.value;
  const title = result.state === "found" ? titleOf(result.inspection) : null;
  useEffect(() => {
    if (title !== null) announce(title);
  }, [title]);
  if (result.state === "nothing") return null;
  if (result.state === "failed") return <Notice tone="bad" title="The token cannot be held against this."><p>{result.error.message}</p></Notice>;
  const { valid, rules } = result.inspection;
  const broken = rules.find(({ state }) => state === "broken");
  const open = rules.filter(({ state }) => state === "unknown").map(({ rule }) => rule);
  return (
    <Notice tone={broken ? "bad" : valid ? "good" : "warning"} title={title!}>
      {broken && <p>{broken.diagnostics}</p>}
      {!broken && valid && <p>Every rule is kept, and the signature is by a key of the set.</p>}
      {!broken && !valid && <p>Open: {open.join(", ")}. Say what it is to be held against.</p>}
    </Notice>
  );
}

function titleOf({ valid, rules }: Inspection): string {
  const broken = rules.find(({ state }) => state === "broken");
  if (broken) return `This token is refused: ${broken.code ?? "broken"}`;
  return valid ? "This token is accepted." : "Nothing speaks against this token, but not all is known.";
}
