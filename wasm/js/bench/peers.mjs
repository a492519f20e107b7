// Compiles ajv's validators to an ES module, as its documentation advises for
// speed: no schema is compiled where they run, and a bundler takes what they need.
// All options are ajv's defaults (others were measured and gain nothing), but for
// the ones named All, which report every error, as ours always do.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const schemas = { validateResponse: "backport-get-ws-binding-token.response", validateNotification: "notification-r4" };

/**
 * Returns the sources of two modules: validateResponse and validateNotification,
 * and the same with every error.
 *
 * @param root the root of the repository
 * @param modules a folder below which node_modules has ajv
 */
export async function standalone(root, modules) {
  const require = createRequire(join(modules, "package.json"));
  const { default: Ajv } = require("ajv/dist/2020.js");
  const { default: code } = require("ajv/dist/standalone/index.js");
  const source = async (suffix, options) => {
    const ajv = new Ajv({ ...options, strict: false, code: { source: true, esm: true } });
    const names = {};
    for (const [name, file] of Object.entries(schemas)) {
      ajv.addSchema(JSON.parse(await readFile(join(root, `schemas/${file}.schema.json`), "utf8")), file);
      names[name + suffix] = file;
    }
    return code(ajv, names);
  };
  return { first: await source("", {}), all: await source("All", { allErrors: true }) };
}
