import type { JSX } from "preact";
import { Empty } from "../ui/parts.tsx";

/** The view. */
export function MischiefView(): JSX.Element {
  return <Empty title="Not here yet" />;
}
