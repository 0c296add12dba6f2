// Times every call from JavaScript into WebAssembly within this worker, in Node and in a page alike. Whoever asks on the
// channel is told the sum and the time by the clock, both in milliseconds.
let inside = 0;
let depth = 0;

/** A call that comes back into WebAssembly while another is under way is part of that one. */
const timed =
  (call) =>
  (...args) => {
    const begin = performance.now();
    depth += 1;
    try {
      return call(...args);
    } finally {
      depth -= 1;
      if (depth === 0) inside += performance.now() - begin;
    }
  };

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const { exports } = new target(...args);
    const entries = Object.entries(exports).map(([name, it]) => [
      name,
      typeof it === "function" ? timed(it) : it,
    ]);
    return { exports: Object.fromEntries(entries) };
  },
});

const channel = new BroadcastChannel("mynah-meter");
channel.addEventListener("message", ({ data }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a channel
  if (data === "read") channel.postMessage({ inside, clock: performance.now() });
});
