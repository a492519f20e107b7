// What the package says to a case, in the shape of Answer in conformance.go.

/** Returns a function from a case to its answer. */
export function answerer(wsbind, kit, suite) {
  const definitions = new Map(Object.entries(suite.definitions).map(([name, text]) => [name, kit.define(text)]));
  const kinds = {
    definition: (c) => define(kit, c),
    request: (c) => judged(wsbind, c, (document) => kit.validateRequest(document, options(c, definitions))),
    query: (c) => judged(wsbind, c, (document) => kit.validateRequest(document, { ...options(c, definitions), query: true })),
    response: (c) => response(wsbind, kit, c, options(c, definitions)),
    notification: (c) => notification(wsbind, kit, c),
    token: (c) => refusable(() => verify(wsbind, kit, c, c.document)),
    issue: (c) => refusable(() => issue(wsbind, kit, c)),
    bind: (c) => refusable(() => ({ token: inBothForms(c, (frame) => kit.parseBind(frame)) })),
  };
  return (c) => kinds[c.kind](c);
}

/** Cuts an answer down to what a vector fixes. */
export function brief({ valid, loaded, ok, claims, payload, token, code, issues, repairs }) {
  const short = (list, pick) => list?.map((i) => ({ code: i.code, expression: i.expression[0] ?? "", ...pick(i) }));
  return {
    valid, loaded, ok, claims, payload, token, code,
    issues: short(issues, ({ severity }) => ({ severity })),
    repairs: short(repairs, () => ({})),
  };
}

const options = ({ definition, definitionFile, level, fhir, maxIssues }, definitions) => ({
  definition: definitionFile ? definitions.get(definitionFile) : definition, level, fhir, maxIssues,
});

/** The document as bytes, and as a string where it is text: both must give the same. */
function inBothForms(c, call) {
  if (c.documentBase64) return call(Uint8Array.from(atob(c.documentBase64), (char) => char.charCodeAt(0)));
  const text = c.document.repeat(c.repeat ?? 1);
  const outcomes = [text, new TextEncoder().encode(text)].map((document) => {
    try {
      return { value: call(document) };
    } catch (thrown) {
      return { thrown, value: [thrown.code, thrown.message, thrown.expression, thrown.issues] };
    }
  });
  const [one, two] = outcomes.map(({ value }) => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}` : v)));
  if (one !== two) throw new Error(`as a string: ${one}\nas bytes: ${two}`);
  if (outcomes[0].thrown) throw outcomes[0].thrown;
  return outcomes[0].value;
}

function judged(wsbind, c, call) {
  const { valid, issues } = inBothForms(c, call);
  const outcome = c.document || c.documentBase64 ? wsbind.issuesToOperationOutcome(issues) : undefined;
  return { valid, issues, outcome };
}

function response(wsbind, kit, c, options) {
  const answer = judged(wsbind, c, (document) => kit.validateResponse(document, options));
  return c.read ? { ...answer, read: inBothForms(c, (document) => kit.readResponse(document, options)) } : answer;
}

function notification(wsbind, kit, c) {
  const { fhir, maxIssues } = c;
  const answer = judged(wsbind, c, (document) => kit.validateNotification(document, { fhir, maxIssues }));
  const { valid, issues, notification } = inBothForms(c, (document) => kit.readNotification(document, { fhir, maxIssues }));
  if (JSON.stringify([valid, issues]) !== JSON.stringify([answer.valid, answer.issues])) {
    throw new Error("readNotification and validateNotification disagree");
  }
  return { ...answer, notification };
}

function define(kit, c) {
  try {
    const { repairs, issues, ...definition } = inBothForms(c, (text) => kit.define(text, { strict: c.strict, fhir: c.fhir }));
    return { loaded: true, repairs, issues, definition };
  } catch (refused) {
    if (!refused.issues) throw refused;
    return { loaded: false, repairs: refused.repairs ?? [], issues: refused.issues };
  }
}

async function verify(wsbind, kit, c, token) {
  const { keys, algorithms, issuer, audience, typ, now, clockTolerance, raw } = c.policy;
  const verifier = wsbind.verifier({
    kit, keys, algorithms, clockTolerance,
    ...(issuer ? { issuer } : { anyIssuer: true }),
    ...(audience ? { audience } : { anyAudience: true }),
    ...(typ === "" ? { anyType: true } : { typ }),
  });
  if (!raw) return { claims: await verifier.verify(token, { now }) };
  return { payload: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await verifier.verifyRaw(token, { now })) };
}

/** The token that claims make, which the package must accept. */
async function issue(wsbind, kit, c) {
  const [algorithm] = c.policy.algorithms;
  const token = await wsbind.issuer({ kit, key: c.key, algorithm }).issue(JSON.parse(c.document));
  await verify(wsbind, kit, c, token).catch((refused) => {
    throw new Error(`what was issued is refused: ${refused.code}: ${refused.message}`);
  });
  const random = ["ES256", "ES384", "PS256"].includes(algorithm);
  return { token: random ? token.slice(0, token.lastIndexOf(".")) : token };
}

/** An answer, or the code and the words of the error that was thrown. */
async function refusable(call) {
  try {
    return { ok: true, ...(await call()) };
  } catch (error) {
    if (error?.name !== "WsbindError") throw error;
    return { ok: false, code: error.code, diagnostics: error.message, expression: error.expression };
  }
}
