// Two FHIR REST clients from npm behind one set of verbs, so that one session
// drives both.
import { Client } from "fhir-kit-client";
import fhirclient from "fhirclient";

function fhirKit(baseUrl) {
  const client = new Client({ baseUrl });
  return {
    metadata: () => client.capabilityStatement(),
    create: (body) => client.create({ resourceType: body.resourceType, body }),
    read: (resourceType, id) => client.read({ resourceType, id }),
    update: (body) => client.update({ resourceType: body.resourceType, id: body.id, body }),
    delete: (resourceType, id) => client.delete({ resourceType, id }),
    search: (resourceType, searchParams) => client.search({ resourceType, searchParams }),
    operation: (name, { id, input, method = "POST" } = {}) =>
      client.operation({ resourceType: "Subscription", name, id, input, method }),
  };
}

function smart(baseUrl) {
  const client = fhirclient({ headers: {} }, {}).client(baseUrl);
  return {
    metadata: () => client.request("metadata"),
    create: (body) => client.create(body),
    read: (resourceType, id) => client.request(`${resourceType}/${id}`),
    update: (body) => client.update(body),
    delete: (resourceType, id) => client.delete(`${resourceType}/${id}`),
    search: (resourceType, params) => client.request(`${resourceType}?${new URLSearchParams(params)}`),
    operation: (name, { id, input, method = "POST" } = {}) => {
      const path = ["Subscription", id, name].filter(Boolean).join("/");
      if (method === "GET") return client.request(input ? `${path}?${new URLSearchParams(input)}` : path);
      return client.request({
        url: path,
        method,
        body: JSON.stringify(input),
        headers: { "content-type": "application/fhir+json" },
      });
    },
  };
}

export const restClients = { "fhir-kit-client": fhirKit, fhirclient: smart };
