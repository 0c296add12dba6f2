// npm run build: sets up, then makes dist/ (wasm, JavaScript, types, corpora). Skips what has not changed.
import { launch } from "./lib/launch.mjs";

launch(() => import("./build/main.mjs"));
