import type { ComponentProps, JSX } from "preact";
import { Button } from "../ui/parts.tsx";
import { off, OFF } from "./tenant.ts";

/** A button that does something to the server, while there is one. */
export function ActButton({ disabled = false, ...others }: ComponentProps<typeof Button>): JSX.Element {
  const none = off.value !== null;
  return <Button {...others} disabled={disabled || none} describedBy={none ? OFF : undefined} />;
}
