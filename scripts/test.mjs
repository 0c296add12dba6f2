// npm test: sets up, builds, and runs every suite; `npm test -- api cli` runs those two. Its last line is the tally.
import { launch } from "./lib/launch.mjs";

launch(() => import("./test/main.mjs"), true);
