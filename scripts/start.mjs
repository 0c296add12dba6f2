// npm start: sets up, builds, and trains the default model on the embedded fables for less than a minute.
import { launch } from "./lib/launch.mjs";

launch(() => import("./start/main.mjs"));
