using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2025-05-05",
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "wsbind.wasm", wasm = embed "wsbind.wasm"),
    ],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
