// Vite's development server over ts/examples. The pages import "mynah" as anybody's do: Node's rules let a package find itself.
import path from "node:path";
import { createServer } from "vite";
import { buildDir, root } from "../lib/paths.mjs";
import { examplesDir } from "./programs.mjs";

/**
 * Serves the pages, for this machine alone; NAME is at `url` + NAME + "/".
 *
 * @param {{ port: number }} options port: the next one is taken where that is in use; 0: any that is free
 */
export async function servePages({ port }) {
  const server = await createServer({
    configFile: false,
    root: examplesDir,
    cacheDir: path.join(buildDir, "examples"),
    logLevel: "warn",
    // There is nothing to bundle before: the pages import mynah alone.
    optimizeDeps: { noDiscovery: true },
    server: { host: "127.0.0.1", port, fs: { allow: [root] } },
  });
  await server.listen();
  const [url] = server.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error("The server has no address");
  return { url, close: () => server.close() };
}
