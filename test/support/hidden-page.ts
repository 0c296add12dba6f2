// A page that nobody looks at. Playwright keeps all of its own in front; this one it does not know of, and it is told what to do by
// Chromium's own protocol alone (https://chromedevtools.github.io/devtools-protocol/).
import type { Browser, CDPSession } from "playwright-core";

/** What Playwright switches off in Chromium, so that its pages run at full speed when they are hidden. */
export const THROTTLING_OFF = [
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
];

/** A page in a window of its own. */
export class HiddenPage {
  readonly #session: CDPSession;
  readonly #sessionId: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();

  private constructor(session: CDPSession, sessionId: string) {
    this.#session = session;
    this.#sessionId = sessionId;
    session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const answer = JSON.parse(message) as Answer;
      this.#answers.get(answer.id)?.(answer);
    });
  }

  /** Opens a page in a fresh profile, and minimises its window. */
  static async open(browser: Browser, url: string): Promise<HiddenPage> {
    const session = await browser.newBrowserCDPSession();
    const { browserContextId } = await session.send("Target.createBrowserContext");
    const { targetId } = await session.send("Target.createTarget", { url, browserContextId });
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    const { windowId } = await session.send("Browser.getWindowForTarget", { targetId });
    await session.send("Browser.setWindowBounds", { windowId, bounds: { windowState: "minimized" } });
    return new HiddenPage(session, sessionId);
  }

  /** The value of an expression, once its promise has come to one. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const id = this.#answers.size + 1;
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    const params = { expression, awaitPromise: true, returnByValue: true };
    const message = JSON.stringify({ id, method: "Runtime.evaluate", params });
    await this.#session.send("Target.sendMessageToTarget", { sessionId: this.#sessionId, message });
    const { result, error } = await answered;
    if (result?.exceptionDetails === undefined && error === undefined) return result?.result.value as Value;
    throw new Error(JSON.stringify(error ?? result?.exceptionDetails));
  }
}

interface Answer {
  readonly id: number;
  readonly result?: { readonly result: { readonly value?: unknown }; readonly exceptionDetails?: unknown };
  readonly error?: unknown;
}
