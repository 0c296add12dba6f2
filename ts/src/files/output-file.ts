import { createHash } from "node:crypto";
import { access, constants, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MynahError } from "../errors.js";

// How many temporary files this process has named.
let temporaries = 0;

/**
 * A file that will be written at the end of long work. What could stop that is found out at the beginning; the file itself
 * changes in one step, from what it was to what it becomes, or not at all.
 */
export class OutputFile {
  /** The path, as the user gave it. */
  readonly path: string;
  /** Whether there was a file already when it was checked. */
  readonly isThere: boolean;
  readonly #target: string;
  readonly #mode: number;
  readonly #temporary: string;
  /** What this has written there last. */
  #own: string | undefined;
  #hasReplaced = false;

  private constructor(path: string, { target, mode, isThere }: Target) {
    this.path = path;
    this.isThere = isThere;
    this.#target = target;
    this.#mode = mode;
    // In the same folder, because a rename within a file system is one step and a move to another one is not; and short,
    // because the target's own name may have all the letters that a name can have.
    temporaries += 1;
    this.#temporary = join(dirname(target), `${prefixFor(target)}${process.pid}-${temporaries}.tmp`);
  }

  /**
   * Checks that the file can be written, by writing an empty one beside it; and clears away what processes that were killed in the
   * middle of writing it have left.
   *
   * @throws MynahError `unwritable-output`.
   */
  static async check(path: string): Promise<OutputFile> {
    const output = new OutputFile(path, await resolveTarget(path));
    await removeLeftovers(output.#target);
    try {
      await output.#writeTemporary(new Uint8Array());
    } catch (cause) {
      throw unwrittenFile(path, cause, output.#target);
    } finally {
      output.discard();
    }
    return output;
  }

  /** Whether a write took the place of a file that was none of its own: also of one that came after the check. */
  get hasReplaced(): boolean {
    return this.#hasReplaced;
  }

  /**
   * Writes the file: to a temporary one, then by renaming it.
   *
   * @throws MynahError `unwritable-output` or `storage-full`; what was at the path before is then still there.
   */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writeTemporary(bytes);
      const before = await identityOf(this.#target);
      await rename(this.#temporary, this.#target);
      this.#hasReplaced ||= before !== undefined && before !== this.#own;
      this.#own = await identityOf(this.#target);
    } catch (cause) {
      this.discard();
      throw unwrittenFile(this.path, cause, this.#target);
    }
  }

  /** Removes the temporary file, if there is one. Synchronous, so that it works while the process exits. */
  discard(): void {
    rmSync(this.#temporary, { force: true });
  }

  async #writeTemporary(bytes: Uint8Array): Promise<void> {
    await rm(this.#temporary, { force: true });
    const file = await open(this.#temporary, "wx", this.#mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

// A disk without room, a user without any left, a file beyond what the process may write.
const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG"];

/** What the names of temporary files for this target begin with; the number of their process follows. */
function prefixFor(target: string): string {
  return `.mynah-${createHash("sha256").update(basename(target)).digest("hex").slice(0, 8)}-`;
}

/** Removes the temporary files for this target whose processes are gone. What cannot be read or removed is no reason to stop. */
async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  const prefix = prefixFor(target);
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = name.startsWith(prefix) && /^(\d+)-\d+\.tmp$/.exec(name.slice(prefix.length))?.[1];
    if (typeof pid !== "string" || isRunning(Number(pid))) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, for another user.
    return codeOf(error) !== "ESRCH";
  }
}

/** Where the bytes go, and with which permissions. */
interface Target {
  readonly target: string;
  readonly mode: number;
  readonly isThere: boolean;
}

/** The end of a symbolic link, so that the link stays one; and what is there keeps its permissions. */
async function resolveTarget(path: string): Promise<Target> {
  if (path === "" || path === "-") throw unwritable(path, "a path of a file is wanted");
  if (/[/\\]$/.test(path)) throw unwritable(path, "it names a folder, and a file is wanted");
  const existing = await stat(path).catch((cause: unknown) => {
    if (codeOf(cause) === "ENOENT") return undefined;
    throw unwrittenFile(path, cause);
  });
  if (existing === undefined) return { target: path, mode: 0o666, isThere: false };
  if (existing.isDirectory()) throw unwritable(path, "it is a folder");
  if (!existing.isFile()) throw unwritable(path, "it is not an ordinary file");
  await access(path, constants.W_OK).catch((cause: unknown) => {
    throw unwrittenFile(path, cause);
  });
  return { target: await realpath(path), mode: existing.mode & 0o777, isThere: true };
}

/** What tells a file from another that came to its place; `undefined` where there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino} ${found.mtimeNs}`;
}

/**
 * Why a file could not be written.
 *
 * @param target - where the path leads in the end
 */
export function unwrittenFile(path: string, cause: unknown, target = path): MynahError {
  return unwritable(path, reason(cause, target), cause);
}

function unwritable(path: string, why: string, cause?: unknown): MynahError {
  return new MynahError(
    FULL.includes(codeOf(cause)) ? "storage-full" : "unwritable-output",
    `${path === "" ? "The output" : path} cannot be written: ${why}`,
    { cause },
  );
}

function reason(cause: unknown, target: string): string {
  switch (codeOf(cause)) {
    case "ENOENT":
      return `there is no folder ${dirname(target)}`;
    case "ENOTDIR":
      return `${dirname(target)} is not a folder`;
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EFBIG":
      return "it is larger than a file may be here";
    case "ENAMETOOLONG":
      return "the name is too long";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
