// npm run setup: fetches or builds what the build needs (npm packages, wasm target, wasm-bindgen, wasm-pack), once.
// With --chromium also the browser of the browser tests.
import { launch } from "./lib/launch.mjs";

launch(() => import("./setup/main.mjs"));
