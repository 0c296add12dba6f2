import { POOL_DEFAULTS } from "./defaults.js";
import type { PoolOptions } from "./pool-types.js";
import type { OptionTable } from "./spec.js";

/** As many as a training may have. */
export const MOST_POOL_WORKERS = 64;

/** What a pool has of its own. */
export const POOL_TABLE = {
  model: { kind: "bytes", help: "the bytes of a model file", flag: false },
  workers: {
    kind: "integer",
    minimum: 1,
    maximum: MOST_POOL_WORKERS,
    defaultHelp: "one for each core",
    help: "workers that share the calls",
    flag: false,
  },
  maxQueue: {
    kind: "integer",
    minimum: 1,
    default: POOL_DEFAULTS.maxQueue,
    help: "calls that may be under way at once",
    flag: false,
  },
  maxSessions: {
    kind: "integer",
    minimum: 1,
    default: POOL_DEFAULTS.maxSessions,
    help: "sessions that may be open at once",
    flag: false,
  },
} as const satisfies Partial<OptionTable<PoolOptions>>;
