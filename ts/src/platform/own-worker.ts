import { atHome, isInCache } from "./at-home.js";
import { workerFrom, workerThroughBlob } from "./web-worker.js";

const url = (): URL => new URL("./worker.js", import.meta.url);

/** Starts the package's worker in a page. Bundlers find it by `new Worker(new URL("literal", import.meta.url), { … })`. */
export function ownWorker(): Worker {
  // Vite's development server would look for the literal in its cache, and complain.
  if (isInCache(import.meta.url)) return workerFrom(atHome(url()));
  try {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "mynah" });
  } catch {
    return workerThroughBlob(url());
  }
}
