// The lesson on vanishing gradients: what its page says is so, on every machine, since its models are the same there.
import { describe, expect, it } from "vitest";
import { whyNoChromium } from "../support/chromium.js";
import { openedPage } from "./page.js";

describe.skipIf(whyNoChromium !== undefined)("the lesson on vanishing gradients", () => {
  const opened = openedPage("vanishing-gradients");
  const { press, isIdle } = opened;

  const learn = async () => {
    await press("Let them learn");
    await isIdle();
  };

  /** The table: of each cell the gradient before, that of now, and the belief in the right letter in percent. */
  const table = async () => {
    const rows = await opened.page.locator("#rows tr").allInnerTexts();
    return Object.fromEntries(
      rows.map((row) => {
        const [cell = "", before = "", now = "", belief = ""] = row.split("\t");
        return [cell, { before: numberIn(before), now: numberIn(now), belief: Number.parseFloat(belief) }];
      }),
    );
  };

  /** The heights of a line's points, from the top. */
  const heights = async (line: string) => {
    const path = (await opened.page.locator(`#chart ${line}`).getAttribute("d")) ?? "";
    return [...path.matchAll(/,(-?[\d.]+|NaN)/g)].map(([, y]) => Number(y));
  };

  it("draws how the gradient fades, before and after, and the RNN's is the one that does not reach the letter", async () => {
    const before = await table();
    expect(Object.keys(before)).toEqual(["RNN", "GRU", "LSTM"]);
    const untaught = await heights(".rnn .now");
    expect(untaught).toHaveLength(22);
    expect(untaught.every((y, at) => at === 0 || y > (untaught[at - 1] ?? 0))).toBe(true);

    await learn();
    const after = await table();
    for (const cell of ["rnn", "gru", "lstm"]) {
      const [dashed, solid] = [await heights(`.${cell} .before`), await heights(`.${cell} .now`)];
      expect([...dashed, ...solid].filter((y) => !Number.isFinite(y))).toEqual([]);
      expect([dashed.length, solid.length]).toEqual([22, 22]);
    }
    expect(await heights(".rnn .before")).toEqual(untaught);
    for (const cell of ["GRU", "LSTM"]) {
      expect(after[cell]?.belief, `belief of the ${cell}`).toBeGreaterThan(95);
      expect((after[cell]?.now ?? 0) / (after["RNN"]?.now ?? 0)).toBeGreaterThan(100_000);
      expect((before[cell]?.before ?? 0) / (before["RNN"]?.before ?? 0)).toBeGreaterThan(100);
    }
    expect(after["RNN"]?.belief).toBe(25);
    expect(await opened.page.locator("#finding").textContent()).toMatch(
      /^22 symbols before the answer, the GRU gets [\d,]{7,} times the gradient of the RNN, and the LSTM [\d,]{7,} times\.$/,
    );
  });

  it("tells of another distance, chosen with the keyboard", async () => {
    const { page } = opened;
    const far = await table();
    await page.getByRole("slider").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("PageDown");
    await page.keyboard.press("Home");
    expect(await page.locator("#far").textContent()).toBe("6");
    expect(await page.locator("#text").textContent()).toBe("A····?");
    const near = await table();
    expect(near["RNN"]?.now).toBeGreaterThan(1000 * (far["RNN"]?.now ?? 1));
  });

  it("lets the RNN learn with easy examples", async () => {
    await opened.page.getByLabel("Easy examples").check();
    await learn();
    expect((await table())["RNN"]?.belief).toBeGreaterThan(95);
  });

  it("lets more of the gradient through where matrices begin orthogonal", async () => {
    const uniform = await table();
    await opened.page.getByLabel("Orthogonal").check();
    await isIdle();
    const orthogonal = await table();
    expect(orthogonal["RNN"]?.before).toBeGreaterThan(1000 * (uniform["RNN"]?.before ?? 1));
  });

  it("stops when it is told to, and learns anew", async () => {
    const { page } = opened;
    await press("Let them learn");
    await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0);
    await press("Stop");
    await isIdle();
    expect(await page.locator("progress").evaluate((bar: HTMLProgressElement) => bar.value)).toBeLessThan(1);
    expect(await page.getByRole("alert").textContent()).toBe("");
    await learn();
    expect((await table())["LSTM"]?.belief).toBeGreaterThan(95);
  });
});

/** 1.2 · 10⁻⁴, or 0.12. */
function numberIn(text: string): number {
  const [digits = "", power = ""] = text.split(" · 10");
  const exponent = [...power].map((digit) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit)]).join("");
  return Number(`${digits}e${exponent === "" ? "0" : exponent}`);
}
