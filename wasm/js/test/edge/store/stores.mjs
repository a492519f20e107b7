// The stores, as they are in the packed package.
export * from "../../node_modules/wsbind/dist/edge/store/index.js";
