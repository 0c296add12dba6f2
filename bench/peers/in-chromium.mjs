// One JavaScript peer in a page of headless Chromium, of which each has its own.
import { fileURLToPath } from "node:url";
import { serve as serveFiles } from "../../scripts/lib/static-server.mjs";
import { chromiumPeakMemory, launchChromium } from "../lib/chromium.mjs";
import { serve } from "./serve.mjs";
import { versionOf } from "./versions.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

await serve(async (job) => {
  const browser = await launchChromium();
  const server = await serveFiles({
    "/page/": here("page"),
    "/subjects/": here("subjects"),
    // Where "../../lib/" of a subject comes to.
    "/lib/": here("../lib"),
    "/modules/": here("node_modules"),
    "/dist/": here("../../dist"),
    "/text": job.textFile,
  });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    await page.goto(`${server.url}/page/index.html`);
    await page.waitForFunction(() => "bench" in globalThis);
    await page.evaluate((wanted) => globalThis.bench.prepare(wanted), job);
    return {
      versions: [versionOf(job.peer), `Chromium ${browser.version()}`].filter(Boolean).join(", "),
      subject: inPage(page, browser, server),
      peakMemory: chromiumPeakMemory,
    };
  } catch (error) {
    await Promise.all([browser.close(), server.close()]);
    throw error;
  }
});

/** The page warms up and measures by itself: a call from here for each step would be part of the time. */
function inPage(page, browser, server) {
  return {
    measure: (budget) => page.evaluate((seconds) => globalThis.bench.measure(seconds), budget),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
