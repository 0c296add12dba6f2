import { MynahError } from "../errors.js";

const MAGIC = [0x00, 0x61, 0x73, 0x6d]; // "\0asm"

/**
 * Compiles the WebAssembly that a server sent.
 *
 * @throws MynahError `wasm-unavailable` when the server sent something else, as development servers do with a page for every path that they
 * do not know.
 */
export async function compileResponse(url: string | URL, response: Response): Promise<WebAssembly.Module> {
  const type = response.headers.get("Content-Type") ?? "";
  // Streaming wants this exact type, which not every server sends.
  if (type === "application/wasm") return WebAssembly.compileStreaming(response);
  const bytes = await response.arrayBuffer();
  const start = new Uint8Array(bytes, 0, Math.min(MAGIC.length, bytes.byteLength));
  if (MAGIC.every((byte, i) => start[i] === byte)) return WebAssembly.compile(bytes);
  const sent = type.startsWith("text/html") ? "HTML" : "something that is no WebAssembly";
  throw new MynahError(
    "wasm-unavailable",
    `The server sent ${sent} for ${String(url)}; with Vite's development server, add optimizeDeps: { exclude: ["mynah"] } to its configuration`,
  );
}
