import type { JSX } from "preact";
import { Empty } from "../ui/parts.tsx";

/** The view. */
export function TokenView(): JSX.Element {
  return <Empty title="Not here yet" />;
}
