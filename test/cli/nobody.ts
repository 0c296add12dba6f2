// Permissions bind everybody but root; where the tests run as root, such a test runs the command as another user.
import { spawnSync } from "node:child_process";
import { cli } from "./run.js";

const isRoot = process.getuid?.() === 0;

/** Options for a process that permissions bind. */
export const asNobody = isRoot ? { uid: 65534, gid: 65534 } : {};

/** Whether such a process can run the command at all: its files may lie where only root may read. */
export const canBeNobody =
  process.platform !== "win32" &&
  spawnSync(process.execPath, [cli, "--version"], { ...asNobody, cwd: "/" }).status === 0;
