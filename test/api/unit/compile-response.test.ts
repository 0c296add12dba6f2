import { describe, expect, it } from "vitest";
import { compileResponse } from "../../../ts/src/wasm/compile-response.js";

const EMPTY_MODULE = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const url = new URL("http://localhost:5173/node_modules/.vite/wasm/mynah_simd128.wasm");
const respond = (body: BodyInit, type: string) => new Response(body, { headers: { "Content-Type": type } });

it.each(["application/wasm", "application/octet-stream", "text/html"])(
  "compiles WebAssembly sent as %s",
  async (type) => {
    expect(await compileResponse(url, respond(EMPTY_MODULE, type))).toBeInstanceOf(WebAssembly.Module);
  },
);

describe("what is no WebAssembly is refused, with what to do", () => {
  it.each([
    ["HTML", "<!doctype html>", "text/html; charset=utf-8"],
    ["something that is no WebAssembly", "404", "text/plain"],
    ["something that is no WebAssembly", "", "application/octet-stream"],
  ])("%s: %j as %s", async (sent, body, type) => {
    await expect(compileResponse(url, respond(body, type))).rejects.toMatchObject({
      name: "MynahError",
      code: "wasm-unavailable",
      message: expect.stringMatching(
        new RegExp(
          `^The server sent ${sent} for ${url.href}; .*optimizeDeps: \\{ exclude: \\["mynah"\\] \\}`,
        ),
      ),
    });
  });
});
