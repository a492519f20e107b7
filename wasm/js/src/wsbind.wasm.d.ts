/**
 * The module, as workerd and bundlers import it: a `WebAssembly.Module` to pass
 * to `load({ module })`.
 */
declare const module: object;
export default module;
