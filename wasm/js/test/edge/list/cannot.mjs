/**
 * What a runtime cannot do, and why: the step, which has to fail there, and the row in
 * the examples' README that says so.
 */
export const cannot = [
  { runtime: "Deno", step: "a frame that is no UTF-8 ends the socket with 1007", row: "a frame that is no UTF-8", why: "the connection ends without a goodbye" },
  { runtime: "workerd", step: "a frame that is no UTF-8 ends the socket with 1007", row: "a frame that is no UTF-8", why: "is read with U+FFFD in it" },
  { runtime: "workerd", step: "a gate that ends says so", row: "clients are told that the gate ends, 1001", why: "no: a Durable Object is not told either" },
];
