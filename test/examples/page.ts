// A page of ts/examples as `npm run example` serves it, in Chromium, as somebody uses it.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { servePages } from "../../scripts/example/page-server.mjs";
import { launchChromium } from "../support/chromium.js";

/** What a test finds: the page as it has just been opened, and the way to open it once more. */
export interface Opened {
  readonly page: Page;
  /** Opens it anew, with what the browser keeps for it. */
  readonly reload: () => Promise<void>;
  /** What a reader would see in the developer tools as an error. */
  readonly complaints: readonly string[];
}

/** Opens the page before each test of the block, in a browser that knows nothing; a complaint fails the test. */
export function openedPage(name: string): Opened {
  let server: Awaited<ReturnType<typeof servePages>>;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const isReady = () => page.waitForFunction(() => document.body.ariaBusy === "false");

  beforeAll(async () => {
    server = await servePages({ port: 0 });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    complaints.length = 0;
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(`${server.url}${name}/`);
    await isReady();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  return {
    get page() {
      return page;
    },
    reload: async () => {
      await page.reload();
      await isReady();
    },
    complaints,
  };
}
