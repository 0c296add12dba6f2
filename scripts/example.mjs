// npm run example -- NAME: sets up, builds, and runs one of the programs of ts/examples; without a name it lists them.
import { launch } from "./lib/launch.mjs";

launch(() => import("./example/main.mjs"), true);
