// npm run bench: sets up, builds, and measures kernels, training and sampling against the register peak of the machine.
import { launch } from "./lib/launch.mjs";

launch(() => import("./bench/main.mjs"));
