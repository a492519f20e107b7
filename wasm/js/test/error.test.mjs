// The one kind of error.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { WsbindError } from "wsbind";

test("an error has a code, a message, and what else there is", () => {
  const cause = new Error("why");
  const issues = [];
  const err = new WsbindError("expired-token", "the token expired", { expression: "Parameters", issues, cause });
  assert.ok(err instanceof WsbindError && err instanceof Error);
  assert.deepEqual([err.name, err.code, err.message, err.expression, err.issues, err.cause], ["WsbindError", "expired-token", "the token expired", "Parameters", issues, cause]);
  assert.equal(String(err), "WsbindError: the token expired");
  assert.match(inspect(err), /code: 'expired-token'/);
});

test("what there is not is not a member", () => {
  const err = new WsbindError("aborted", "the caller gave up");
  assert.deepEqual(Object.keys(err), ["code"]);
  for (const member of ["expression", "issues", "repairs", "cause"]) assert.equal(member in err, false, member);
});
