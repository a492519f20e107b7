// Where the binary is.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { WsbindError } from "../error.js";
import { isText, refuse, show, why } from "../options.js";

/** A path, or a name for PATH, and who gave it. */
export interface Binary {
  readonly path: string;
  readonly from: string;
}

const VARIABLE = "WSBIND_BIN";

/** findBinary takes the option, else the variable, else what is in PATH. */
export function findBinary(option: string | URL | undefined): Binary {
  if (option instanceof URL) return { path: fileURLToPath(option), from: "the option binary" };
  if (option !== undefined) {
    if (!isText(option)) refuse(`binary is ${show(option)}, a path or a file: URL is due`);
    return { path: option, from: "the option binary" };
  }
  const path = process.env[VARIABLE];
  return path ? { path, from: VARIABLE } : { path: "wsbind", from: `PATH, since neither the option binary nor ${VARIABLE} is given` };
}

/** missing is the error of a binary that cannot be run. */
export function missing({ path, from }: Binary, err: unknown): WsbindError {
  const reason = err instanceof Error && "code" in err && err.code === "ENOENT" ? "there is none" : why(err);
  return new WsbindError("not-found", `the binary ${show(path)} (from ${from}) cannot be run: ${reason}. ` +
    `make build in the repository of wsbind leaves it in bin/wsbind: name it by the option binary or the variable ${VARIABLE}`, { cause: err });
}
