// npm run bench:peers: mynah beside its peers, which it installs; see bench/peers/main.mjs for its flags.
import { launch } from "./lib/launch.mjs";

launch(() => import("./bench/peers.mjs"));
