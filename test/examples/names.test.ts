// The page that learns names and writes new ones.
import { describe, expect, it } from "vitest";
import { whyNoChromium } from "../support/chromium.js";
import { openedPage } from "./page.js";

describe.skipIf(whyNoChromium !== undefined)("the page of names", () => {
  const opened = openedPage("names");
  const { press } = opened;

  async function learn(passes: number): Promise<void> {
    await opened.page.getByLabel("Passes over the list").fill(String(passes));
    await press("Learn");
  }
  const written = () => opened.page.getByRole("listitem").allTextContents();

  it("learns the dinosaurs, and writes new names that begin as it is told", async () => {
    const { page } = opened;
    const names = (await page.getByLabel("Names to learn from").inputValue()).split("\n");
    expect(names).toContain("Protoceratops");
    await learn(5);
    await press("Write ten names");
    await page.getByRole("listitem").nth(9).waitFor();
    const first = await written();
    expect(first).toHaveLength(10);
    expect(new Set(first).size).toBe(10);
    expect(first.filter((name) => names.includes(name))).toEqual([]);
    expect(await page.locator("#figures").textContent()).toMatch(
      /^Loss \d\.\d\d nats a letter, \d\.\d\d on names held out \(dashed\)\.$/,
    );
    expect((await page.locator("#loss").getAttribute("points"))?.split(" ").length).toBeGreaterThan(2);

    await page.getByLabel("First letters").fill("Tri");
    await page.getByRole("slider").fill("0.5");
    await press("Write ten names");
    await page.getByText(/^Tri/).nth(9).waitFor();
    expect((await written()).every((name) => name.startsWith("Tri"))).toBe(true);
  });

  it("stops when it is told to, and writes with what it has learnt", async () => {
    const { page } = opened;
    await learn(500);
    await page.getByText(/^Loss .* to go/).waitFor();
    await press("Stop");
    await press("Write ten names");
    await page.getByRole("listitem").nth(9).waitFor();
    expect(await page.getByRole("alert").textContent()).toBe("");
  });

  it("writes names, not nothing, where it knows a short list by heart", async () => {
    const { page } = opened;
    await page.getByLabel("Names to learn from").fill("Anna\nEva\nIda");
    await learn(50);
    await page.getByRole("button", { name: "Write ten names" }).click();
    await page.getByRole("listitem").nth(9).waitFor();
    expect(await written()).not.toContain("");
  });

  it.each(["501", "", "1.5"])("does not learn in %j passes, and the browser says why", async (passes) => {
    const { page } = opened;
    const field = page.getByLabel("Passes over the list");
    await field.fill(passes);
    await press("Learn");
    expect(await page.locator("#learning").isVisible()).toBe(false);
    expect(await page.locator("body").getAttribute("aria-busy")).toBe("false");
    // Where the browser tells what is wrong.
    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
    await field.fill("1");
    await field.press("Enter");
    await page.locator("#writing").waitFor();
  });

  it("says what is wrong, and learns once that is mended", async () => {
    const { page } = opened;
    await page.getByLabel("Names to learn from").fill(" \n");
    await learn(1);
    await page.getByText("empty").waitFor();
    expect(await page.locator("#writing").isVisible()).toBe(false);
    await page.getByLabel("Names to learn from").fill("Anna\nHanna\nJohanna\nSusanna\n".repeat(20));
    await learn(2);
    await page.locator("#writing").waitFor();
    expect(await page.getByRole("alert").textContent()).toBe("");
  });
});
