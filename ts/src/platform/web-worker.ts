// Workers of browsers, of which a page may start none whose script is of another origin.

const OPTIONS = { type: "module", name: "mynah" } as const;

/** The URLs of scripts that import one of another origin, by its URL: one for each, not for each worker, since a page never lets go of them. */
const blobs = new Map<string, string>();

/** Starts a script of whatever origin. */
export function workerFrom(url: string | URL): Worker {
  const isElsewhere = new URL(url, globalThis.location.href).origin !== globalThis.location.origin;
  return isElsewhere ? workerThroughBlob(url) : new Worker(url, OPTIONS);
}

/** Starts a script of the page's own origin that imports the other one, which that one's server has to allow (CORS). */
export function workerThroughBlob(url: string | URL): Worker {
  const { href } = new URL(url, globalThis.location.href);
  const script = blobs.get(href) ?? blobWith(`import ${JSON.stringify(href)};`);
  blobs.set(href, script);
  return new Worker(script, OPTIONS);
}

function blobWith(script: string): string {
  return URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
}
