// npm run bench: sets up, builds, and measures training and sampling against the machine's register peak.
import { launch } from "./lib/launch.mjs";

launch(() => import("./bench/main.mjs"));
