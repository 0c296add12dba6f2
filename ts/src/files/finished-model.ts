import { open, type FileHandle } from "node:fs/promises";
import { HEADER_LENGTH_BYTES, hasTrainingState } from "../engine/checkpoint-header.js";

// Of a header, in bytes: what the safetensors format allows.
const LONGEST_HEADER = 100_000_000;

/** Whether a file is a model whose training is over: no checkpoint, and nothing else. Of a large one only the header is read. */
export async function isFinishedModel(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      return !hasTrainingState(await readHeader(file));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** @throws an error for a file that has none. */
async function readHeader(file: FileHandle): Promise<Uint8Array> {
  const start = Buffer.alloc(HEADER_LENGTH_BYTES);
  await file.read(start, 0, start.length, 0);
  const length = Number(start.readBigUInt64LE());
  if (length > LONGEST_HEADER) throw new RangeError("It is no safetensors file");
  const header = Buffer.alloc(HEADER_LENGTH_BYTES + length);
  await file.read(header, 0, header.length, 0);
  return header;
}
