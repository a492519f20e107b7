// The smallest worker that judges: as the README has it.
import { load } from "wsbind";
import module from "wsbind/wsbind.wasm";
import { response } from "../documents.mjs";

const kit = await load({ module });
const document = response(420);

export default {
  fetch: () => new Response(String(kit.validateResponse(document).valid)),
};
