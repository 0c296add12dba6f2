// What the pages share: how they find their elements, and that they do one thing at a time, which "Stop" ends.
import { MynahError } from "mynah";

/** The element with this id. */
export function find<Kind extends Element>(id: string, kind: abstract new () => Kind): Kind {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new TypeError(`The page has no ${kind.name} with the id ${id}`);
}

/**
 * Does something that takes its time. Meanwhile the page's buttons rest, but for `#stop`, which aborts the signal; what goes wrong
 * is said in `#problem`.
 */
export async function perform(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = find("stop", HTMLButtonElement);
  const abort = new AbortController();
  const setBusy = (busy: boolean) => {
    for (const button of document.querySelectorAll("button")) button.disabled = busy !== (button === stop);
    document.body.ariaBusy = String(busy);
  };
  find("problem", HTMLElement).textContent = "";
  const onStop = () => abort.abort();
  stop.addEventListener("click", onStop);
  setBusy(true);
  try {
    await work(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) explain(error);
  } finally {
    stop.removeEventListener("click", onStop);
    setBusy(false);
  }
}

/** Says in `#problem` what went wrong. mynah's messages are for people; of anything else the console has more. */
export function explain(error: unknown): void {
  find("problem", HTMLElement).textContent = error instanceof Error ? error.message : String(error);
  if (!(error instanceof MynahError)) console.error(error);
}

/**
 * {@link perform}s it whenever the button is pressed, unless a field of the button's form is not as it must be: the browser says so
 * beside it.
 */
export function onPress(id: string, work: (signal: AbortSignal) => Promise<void>): void {
  const button = find(id, HTMLButtonElement);
  button.addEventListener("click", (event) => {
    // The form is sent nowhere.
    event.preventDefault();
    if (button.form?.reportValidity() ?? true) void perform(work);
  });
}
