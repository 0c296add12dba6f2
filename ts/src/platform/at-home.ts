const CACHE = "/node_modules/.vite/";

/**
 * The URL of a file of the package, from what is beside this module. Vite's development server moves modules of packages, but
 * not the files beside them, into a cache `node_modules/.vite/deps/`, and serves the packages where they were.
 */
export function atHome(url: URL): URL {
  const { href } = url;
  if (isInCache(href)) return new URL(href.replace("/.vite/deps/", "/mynah/dist/browser/"));
  // Not made anew where nothing is wrong: those of Turbopack are URLs that have a path alone.
  if (!href.includes(CACHE)) return url;
  return new URL(href.replace(CACHE, "/node_modules/mynah/dist/"));
}

/** Whether a module was moved into the cache of Vite's development server. */
export function isInCache(url: string): boolean {
  return url.includes(`${CACHE}deps/`);
}
