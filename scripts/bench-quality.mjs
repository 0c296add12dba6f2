// npm run bench:quality: how well models foresee what they have not seen; see bench/quality/main.mjs for its flags.
import { launch } from "./lib/launch.mjs";

launch(() => import("./bench/quality.mjs"));
