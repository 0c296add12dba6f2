// Workers of browsers, of which a page may start none whose script is of another origin.

const OPTIONS = { type: "module", name: "mynah" } as const;

/** Starts a script of whatever origin. */
export function workerFrom(url: string | URL): Worker {
  const isElsewhere = new URL(url, globalThis.location.href).origin !== globalThis.location.origin;
  return isElsewhere ? workerThroughBlob(url) : new Worker(url, OPTIONS);
}

/** Starts a script of the page's own origin that imports the other one, which that one's server has to allow (CORS). */
export function workerThroughBlob(url: string | URL): Worker {
  const { href } = new URL(url, globalThis.location.href);
  const script = new Blob([`import ${JSON.stringify(href)};`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(script), OPTIONS);
}
