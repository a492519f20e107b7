// How much memory an instance has: memory.mjs MODULE
import { readFile } from "node:fs/promises";
import { load } from "wsbind";
import { invalid, notification, response } from "../documents.mjs";

const { instantiate } = WebAssembly;
let instance;
WebAssembly.instantiate = async (...args) => (instance = await instantiate(...args));
const size = () => instance.exports.memory.buffer.byteLength;

const module = await WebAssembly.compile(await readFile(process.argv[2]));
const small = response(420);
const wrong = invalid(small).map(({ text }) => text);
const event = notification(3000);
const large = notification(1_000_000);

const kit = await load({ module });
const kinds = [
  (i) => kit.validateResponse(small),
  (i) => kit.validateResponse(wrong[i % wrong.length]).issues,
  (i) => kit.validateNotification(event),
  (i) => kit.parseBind("bind-with-token x"),
];
const calls = (from, to) => {
  for (let i = from; i < to; i++) kinds[i % kinds.length](i);
  return size();
};
const [after1k, after100k] = [calls(0, 1000), calls(1000, 100_000)];

const other = await load({ module });
for (let i = 0; i < 50; i++) other.validateNotification(large);
const verdictOnly = size();
for (let i = 0; i < 50; i++) other.readNotification(large);
console.log(JSON.stringify({ after1k, after100k, bundles: verdictOnly, bundlesRead: size() }));
