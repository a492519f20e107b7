import { below, type Subscribed } from "./place.ts";
import type { Exchange } from "./rest.ts";

/** The request for a token: at the instance level for one id, with parameters for several. */
export function tokenRequest({ base, ids }: Subscribed): Exchange {
  const [first] = ids;
  if (ids.length === 1) return { method: "POST", url: below(base, "Subscription", first!, "$get-ws-binding-token") };
  const url = below(base, "Subscription", "$get-ws-binding-token");
  if (ids.length === 0) return { method: "POST", url };
  return { method: "POST", url, body: { resourceType: "Parameters", parameter: ids.map((id) => ({ name: "id", valueId: id })) } };
}
