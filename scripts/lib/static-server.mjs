// Files for a browser on this machine: for the tests and the benchmarks in Chromium.
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * A folder, or a file, for each start of a path; the longest start that fits counts.
 *
 * @typedef {Readonly<Record<`/${string}`, string>>} Mounts
 */

/**
 * Serves on a free port, for this machine alone. The URL has no slash at its end; paths in `missing` are answered with 404
 * although their file is there.
 *
 * @param {Mounts} mounts
 * @param {Readonly<Record<string, string>>} [headers] of every answer
 */
export async function serve(mounts, headers = {}) {
  /** @type {Set<string>} */
  const missing = new Set();
  const server = http.createServer((request, response) => {
    const wanted = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = missing.has(wanted) ? undefined : findFile(mounts, wanted);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store", ...headers });
    fs.createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${address.port}`, missing, close, [Symbol.asyncDispose]: close };
}

/**
 * @param {Mounts} mounts
 * @param {string} wanted
 */
function findFile(mounts, wanted) {
  const [start, place] = Object.entries(mounts)
    .filter(([it]) => wanted.startsWith(it))
    .toSorted(([a], [b]) => b.length - a.length)[0] ?? ["", undefined];
  if (place === undefined) return undefined;
  const root = path.resolve(place);
  const rest = wanted.slice(start.length);
  const isFile = (/** @type {string} */ file) =>
    fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  if (rest === "" && isFile(root)) return root;
  const file = path.join(root, rest || "index.html");
  return file.startsWith(root + path.sep) && isFile(file) ? file : undefined;
}

/** @typedef {Awaited<ReturnType<typeof serve>>} StaticServer */
