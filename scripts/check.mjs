// npm run check: formatting, lints, types, documentation, and what the repository promises of itself. Changes nothing.
import { launch } from "./lib/launch.mjs";

launch(() => import("./check/main.mjs"), true);
