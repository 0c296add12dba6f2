// One vitest project per suite, so that `npm test -- api` runs one of them and the tally names each.
import { defineConfig } from "vitest/config";

/** Suites whose tests build, pack or drive a browser: minutes, not seconds, on a busy machine with two cores. */
const SLOW = { testTimeout: 300_000, hookTimeout: 300_000 };

const suite = (name: string, options = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 60_000, ...options },
});

export default defineConfig({
  test: {
    // Two cores, and a model under test uses one with its worker and one without.
    maxWorkers: 2,
    // The built package is tested as it is: loaded by Node, not transformed by Vite.
    server: { deps: { external: [/\/dist\//] } },
    projects: [
      suite("api"),
      suite("cli"),
      suite("scripts"),
      suite("docs", SLOW),
      suite("bench", SLOW),
      suite("package", SLOW),
      suite("browser", SLOW),
      suite("examples", SLOW),
    ],
  },
});
