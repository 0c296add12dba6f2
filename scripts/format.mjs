// npm run format: formats Rust, TypeScript and the rest, and fixes what the linter can fix by itself.
import { launch } from "./lib/launch.mjs";

launch(() => import("./check/format.mjs"), true);
