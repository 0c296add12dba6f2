// The editor that writes with somebody.
import { describe, expect, it } from "vitest";
import { whyNoChromium } from "../support/chromium.js";
import { openedPage } from "./page.js";

/** Each word tells the next one, so that every model is soon sure of it. */
const SENTENCE = "one crow saw two foxes near three herons. ";

describe.skipIf(whyNoChromium !== undefined)("the editor", () => {
  const opened = openedPage("editor");
  const { press, isIdle } = opened;
  const field = () => opened.page.getByRole("textbox", { name: "Your page" });
  const figures = () => opened.page.locator("#figures").textContent();
  const suggestion = (words: string) =>
    expect.poll(() => opened.page.locator("#suggested").textContent(), { timeout: 20_000 }).toBe(words);

  async function learn(text: Buffer, seconds: number): Promise<void> {
    const file = { name: "notes.txt", mimeType: "text/plain", buffer: text };
    await opened.page.getByLabel("A text of yours").setInputFiles(file);
    await opened.page.getByLabel("Seconds").fill(String(seconds));
    await press("Learn");
  }

  /** Learns until it foresees nearly every letter, however fast the machine is, and is stopped then. */
  async function learnByHeart(): Promise<void> {
    const { page } = opened;
    await learn(Buffer.from(SENTENCE.repeat(200)), 3600);
    await page.getByText(/foresees (9[89]|100) of 100 letters/).waitFor({ timeout: 60_000 });
    await press("Stop");
    await isIdle();
  }

  it("learns a file, suggests the next words, and writes on", async () => {
    await learnByHeart();
    await field().pressSequentially("one crow saw tw");
    await suggestion("o foxes near");
    await field().press("Tab");
    expect(await field().inputValue()).toBe("one crow saw two foxes near");
    await suggestion(" three herons. one");
    await press("Take it");
    await suggestion(" crow saw two");
    await field().press("Escape");
    await suggestion("");

    await press("Write on from here");
    await isIdle();
    const written = await field().inputValue();
    expect(written).toMatch(/^one crow saw two foxes near three herons\. one/);
    expect(written.length).toBeGreaterThan(200);
  });

  it("reads anew what was changed, and suggests nothing in the middle of a text", async () => {
    await learnByHeart();
    await field().fill("three herons. one cr");
    await suggestion("ow saw two");
    await field().press("Home");
    await suggestion("");
    await field().fill("two fo");
    await suggestion("xes near three");
  });

  it("has its model and its text at once when the page is opened again, until it is forgotten", async () => {
    const { page } = opened;
    await learn(Buffer.from(SENTENCE.repeat(20)), 1);
    await page.locator("#writing").waitFor();
    await isIdle();

    await field().fill("two ");

    await opened.reload();
    expect(await figures()).toMatch(/^The model that your browser keeps since /);
    expect(await field().inputValue()).toBe("two ");
    await press("Write on from here");
    await isIdle();
    const written = await field().inputValue();
    expect(written.length).toBeGreaterThan(200);
    await opened.reload();
    expect(await field().inputValue()).toBe(written);

    await press("Forget the model");
    await page.getByText("Forgotten.").waitFor();
    await opened.reload();
    expect(await figures()).toBe("");
    expect(await field().isVisible()).toBe(false);
  });

  it("writes where nothing may be kept", async () => {
    const { page } = opened;
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", {
        get: () => {
          throw new DOMException("Access is denied", "SecurityError");
        },
      });
    });
    await opened.reload();
    await learn(Buffer.from(SENTENCE.repeat(20)), 1);
    await page.locator("#writing").waitFor();
    await isIdle();
    await field().fill("two ");
    await press("Write on from here");
    await isIdle();
    expect((await field().inputValue()).length).toBeGreaterThan(200);
    expect(await page.getByRole("alert").textContent()).toBe("");
  });

  it("says what is wrong with a text", async () => {
    await learn(Buffer.from([0xff, 0xfe]), 1);
    await opened.page.getByRole("alert").filter({ hasText: "UTF-8" }).waitFor();
    expect(await field().isVisible()).toBe(false);
  });
});
