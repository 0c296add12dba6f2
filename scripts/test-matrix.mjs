// npm run test:matrix: the packed package with every bundler, framework and runtime; names of rows run those alone.
import { launch } from "./lib/launch.mjs";

launch(() => import("./test/matrix.mjs"));
