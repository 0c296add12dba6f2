// A page of ts/examples as `npm run example` serves it, in Chromium, as somebody uses it.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { servePages } from "../../scripts/example/page-server.mjs";
import { launchChromium } from "../support/chromium.js";

/** What a test finds: the page as it has just been opened, and what one does with every page. */
export interface Opened {
  readonly page: Page;
  /** Presses the button with this name. */
  readonly press: (name: string) => Promise<void>;
  /** Waits until the page has done what it was told to (`perform` of page.ts). */
  readonly isIdle: () => Promise<void>;
  /** Opens it anew, with what the browser keeps for it. */
  readonly reload: () => Promise<void>;
}

/** Opens the page before each test of the block, in a browser that knows nothing; an error in its developer tools fails the test. */
export function openedPage(name: string): Opened {
  let server: Awaited<ReturnType<typeof servePages>>;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const isIdle = async () => void (await page.waitForFunction(() => document.body.ariaBusy === "false"));

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
    await isIdle();
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  return {
    get page() {
      return page;
    },
    press: (button) => page.getByRole("button", { name: button, exact: true }).click(),
    isIdle,
    reload: async () => {
      await page.reload();
      await isIdle();
    },
  };
}
