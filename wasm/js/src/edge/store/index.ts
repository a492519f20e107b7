export type { GateStore, Revocation, RevocationPage, RevocationRecord } from "./store.js";
export { cloudflareKV, type CloudflareKVOptions, type KVListing, type KVNamespace } from "./kv.js";
export { durableObjectStore, type DurableObjectStoreOptions, type DurableResponse, type DurableStub } from "./durable.js";
export { GateStoreObject, type ObjectEntries, type ObjectState, type ObjectStorage } from "./durable-object.js";
export type { DurableSocket } from "./durable-watch.js";
export { natsStore, type NatsBucket, type NatsEntry, type NatsStatus, type NatsStoreOptions } from "./nats.js";
export type { NatsConnection } from "./nats-watch.js";
export { redisStore, type RedisClient, type RedisStoreOptions } from "./redis.js";
export type { RemoteOptions } from "./remote.js";
