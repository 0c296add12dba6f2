import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** A folder for each start of a path; the longest start that fits counts. */
export type Mounts = Record<`/${string}`, string>;

export interface StaticServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Paths that are answered with 404 although the file is there. */
  readonly missing: Set<string>;
  close(): Promise<void>;
}

/** Serves folders to a browser on this machine, on a port that is free. */
export async function serve(mounts: Mounts): Promise<StaticServer> {
  const missing = new Set<string>();
  const server = http.createServer((request, response) => {
    const wanted = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = missing.has(wanted) ? undefined : findFile(mounts, wanted);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    fs.createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, missing, close, [Symbol.asyncDispose]: close };
}

function findFile(mounts: Mounts, wanted: string): string | undefined {
  const start = Object.keys(mounts)
    .filter((it) => wanted.startsWith(it))
    .toSorted((a, b) => b.length - a.length)[0] as keyof Mounts | undefined;
  if (start === undefined) return undefined;
  const folder = path.resolve(mounts[start] ?? "");
  const file = path.join(folder, wanted.slice(start.length) || "index.html");
  const isInside = file.startsWith(folder + path.sep);
  return isInside && fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : undefined;
}
