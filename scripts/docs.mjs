// npm run docs: builds the documentation as a site, into build/site; `-- --serve` shows it while it is written, at 127.0.0.1.
import { launch } from "./lib/launch.mjs";

launch(() => import("./docs/main.mjs"), true);
