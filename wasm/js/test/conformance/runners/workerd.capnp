# wsbind.wasm stands here twice: compiled, and as the bytes that are hashed.
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  compatibilityDate = "2025-05-05",
  modules = [
    (name = "workerd.js", esModule = embed "workerd.js"),
    (name = "wsbind.wasm", wasm = embed "wsbind.wasm"),
    (name = "bytes", data = embed "wsbind.wasm"),
    (name = "suite", json = embed "suite.json"),
  ],
))]);
