// What must hold in every runtime besides the right answers: misuse of the ABI
// is answered, a trap is survived, and memory does not grow.
import { host } from "./host.mjs";

const valid = '{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"2026-01-02T12:00:00Z"},{"name":"subscription","valueString":"1"},{"name":"websocket-url","valueUrl":"wss://fhir.example/ws"}]}';

/** Returns the failures, each {case, want, got}. */
export async function robustness(wsbind, kit, watched) {
  const failures = [];
  const check = (name, got, want) => {
    if (got !== want) failures.push({ case: `robustness/${name}`, want: String(want), got: String(got) });
  };
  trap(check, wsbind, kit, watched);
  growth(check, kit, watched);
  misuse(check, host(watched.module()));
  garbage(check, host(watched.module()));
  return failures;
}

/** Calls that break the ABI's rules are refused with its codes. */
function misuse(check, { exports, write, answer, call }) {
  const { buffer_new, buffer_free, buffer_live, validate_response } = exports;
  const refused = (name, code, got) => check(name, got?.error?.code, code);
  check("abi version", exports.abi_version() >> 16, 1);
  for (const size of [-1, 33_554_433, 64 << 20]) check(`a buffer of ${size} bytes`, buffer_new(size), 0);
  const freed = buffer_new(64);
  check("free", buffer_free(freed), 1);
  check("free again", buffer_free(freed), 0);
  for (const address of [0, -4, 12345, 0x7fffffff]) check(`free ${address}`, buffer_free(address), 0);
  refused("a freed input", "invalid-call", answer(validate_response(freed, 64)));
  for (const length of [9, -1, 0x7fffffff]) refused(`${length} bytes of 8`, "invalid-call", answer(validate_response(write(new Uint8Array(8)), length)));
  refused("three bytes", "invalid-call", answer(validate_response(write(new Uint8Array(3)), 3)));
  refused("options beyond the end", "invalid-call", answer(validate_response(write(Uint8Array.of(9, 0, 0, 0, 123, 125)), 6)));
  for (const options of ["{", "[]", "null", '{"levle":"type"}', '{"level":7}', '{"level":"resource"}', '{"maxIssues":0}', '{"a":1,"a":1}']) {
    refused(`the options ${options}`, "invalid-call", call("validate_response", options, valid));
  }
  refused("no such definition", "unknown-handle", call("validate_response", '{"handle":77}', valid));
  refused("no such URL", "not-found", call("validate_response", '{"definition":"http://x.example/none"}', valid));
  refused("nothing begun to verify", "expired-handle", answer(exports.verify_end(77, 1, 0)));
  refused("nothing begun to issue", "expired-handle", answer(exports.issue_end(77, write(new Uint8Array(64)), 64)));
  check("cancel nothing", exports.cancel(77), 0);
  check("forget nothing", exports.forget(77), 0);
  const all = Array.from({ length: 1025 }, () => buffer_new(1));
  check("1,025th buffer", all.pop(), 0);
  check("buffers freed", all.filter((address) => buffer_free(address) === 1).length, 1024);
  check("a valid document", call("validate_response", "", valid), undefined);
  check("live buffers", buffer_live(), 0);
}

/** Whatever the bytes, there is an answer, and no buffer is left behind. */
function garbage(check, { exports, write, answer }) {
  let state = 1;
  const random = (below) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
  const operations = ["define", "validate_request", "validate_response", "validate_notification", "parse_bind", "verify_begin", "issue_begin"];
  let answered = 0;
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({ length: random(48) }, () => random(256));
    if (i % 2) bytes.set(Uint8Array.of(random(3), 0, 0, 0).subarray(0, bytes.length));
    const got = answer(exports[operations[random(operations.length)]](write(bytes), bytes.length));
    if (got === undefined || typeof got === "object") answered++;
  }
  check("garbage that was answered", answered, 2000);
  check("live buffers after garbage", exports.buffer_live(), 0);
}

/** A trap costs one call. The next has a new instance, and its definitions. */
function trap(check, wsbind, kit, watched) {
  const definition = kit.define('{"resourceType":"OperationDefinition","status":"active","kind":"operation","name":"X","code":"x","system":true,"type":false,"instance":false,"parameter":[{"name":"a","use":"in","min":1,"max":"1","type":"string"}]}');
  const verdict = () => JSON.stringify(kit.validateRequest("{}", { definition, level: "system" }));
  const before = verdict();
  const instances = watched.instances();
  new Uint8Array(watched.instance().exports.memory.buffer).fill(0xff);
  let code = "none";
  try {
    verdict();
  } catch (thrown) {
    code = thrown instanceof wsbind.WsbindError ? thrown.code : `${thrown}`;
  }
  check("overwritten memory", code, "trapped");
  check("the call after a trap", verdict(), before);
  check("instances for one trap", watched.instances() - instances, 1);
}

/** 10,000 calls hold no more memory than 1,000. */
function growth(check, kit, watched) {
  const calls = [
    () => kit.validateResponse(valid),
    () => kit.validateResponse('{"resourceType":"Parameters","parameter":[{"name":"x"}]}'),
    () => kit.validateNotification('{"resourceType":"Bundle","type":"history"}'),
    () => kit.parseBind("bind-with-token t"),
  ];
  const size = () => watched.instance().exports.memory.buffer.byteLength;
  for (let i = 0; i < 1000; i++) calls[i % calls.length]();
  const before = size();
  for (let i = 0; i < 9000; i++) calls[i % calls.length]();
  check("memory after 10,000 calls", size(), before);
  check("live buffers after 10,000 calls", watched.instance().exports.buffer_live(), 0);
}
