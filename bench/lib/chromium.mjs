// A headless Chromium, the files that it is shown, and what its processes take.
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { chromium } from "playwright-core";
import { findChromium } from "../../scripts/setup/chromium.mjs";

// Nothing that calls home, and no GPU, which a headless machine would have to imitate.
const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium's sandbox refuses to run as root.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** Starts Chromium with a fresh profile, without a window. */
export async function launchChromium() {
  const { path: executablePath, problem } = findChromium();
  if (executablePath === undefined) throw new Error(problem ?? "no Chromium was found");
  return chromium.launch({ executablePath, args: ARGS });
}

/**
 * Serves folders and files to a browser on this machine, on a port that is free.
 *
 * @param {Record<string, string>} mounts a folder or a file for each start of a path; the longest start that fits counts
 */
export async function serveFolders(mounts) {
  const starts = Object.keys(mounts).toSorted((a, b) => b.length - a.length);
  const server = http.createServer((request, response) => {
    const wanted = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const start = starts.find((it) => wanted.startsWith(it));
    const folder = path.resolve(mounts[start] ?? "");
    const file = path.join(folder, wanted.slice(start?.length));
    const isInside = file === folder || file.startsWith(folder + path.sep);
    if (start === undefined || !isInside || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    fs.createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/**
 * Peak memory in bytes of the page's renderer, the largest there is, and of the GPU process of the Chromium that this process
 * started; `undefined` where the system does not tell (there is no /proc).
 */
export function chromiumPeakMemory() {
  const processes = descendants(process.pid);
  const peak = (type) => {
    const of = processes.filter(({ command }) => command.includes(`--type=${type}`));
    return Math.max(0, ...of.map(({ status }) => Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024));
  };
  return processes.length === 0 ? undefined : peak("renderer") + peak("gpu-process");
}

/** @param {number} pid */
function descendants(pid) {
  if (!fs.existsSync("/proc")) return [];
  const all = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [status, command] = ["status", "cmdline"].map((file) =>
          fs.readFileSync(`/proc/${name}/${file}`, "utf8"),
        );
        return [{ pid: Number(name), parent: Number(/PPid:\s+(\d+)/.exec(status)?.[1]), status, command }];
      } catch {
        return []; // It has just ended.
      }
    });
  const found = new Set([pid]);
  // A parent has not always a smaller number than its child, so it takes rounds.
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const it of all) if (found.has(it.parent)) found.add(it.pid);
  }
  return all.filter((it) => it.pid !== pid && found.has(it.pid));
}
