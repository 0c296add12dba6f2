import { MynahError } from "../errors.js";

/** A model that is kept under a name. */
export interface StoredModel {
  readonly name: string;
  /** Size of the file, in bytes. */
  readonly bytes: number;
  /** When it was saved. */
  readonly savedAt: Date;
  /** Whether a training can be gone on with from it. */
  readonly hasTrainingState: boolean;
}

/** Where models are kept under names. Every call does all that it says, or nothing. */
export interface ModelStore {
  /** By name. */
  list(): Promise<readonly StoredModel[]>;
  /** The file. @throws MynahError `model-not-found`. */
  read(name: string): Promise<Uint8Array>;
  /** Takes the place of what has the name. @throws MynahError `storage-full`; what has the name is then still there. */
  write(name: string, file: Uint8Array): Promise<void>;
  /** To no effect where both names are the same. @throws MynahError `model-not-found` or `model-exists`. */
  rename(name: string, newName: string): Promise<void>;
  /** @throws MynahError `model-not-found`. */
  remove(name: string): Promise<void>;
}

/**
 * Refuses what is no name.
 *
 * @throws MynahError `invalid-option`.
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === "string" && name !== "") return;
  const got = typeof name === "string" ? '""' : `a value of type ${typeof name}`;
  throw new MynahError("invalid-option", `name is ${got}, but must be a string of one character at least`);
}
