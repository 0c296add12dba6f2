/** What the length of the header takes, at the beginning of the file. */
export const HEADER_LENGTH_BYTES = 8;

/**
 * Whether a model file also holds the state of a training. For files that were found to be sound: a safetensors file is the length
 * of its header in 8 bytes (little-endian), the header as JSON, and the tensors.
 */
export function hasTrainingState(file: Uint8Array): boolean {
  const length = Number(
    new DataView(file.buffer, file.byteOffset, HEADER_LENGTH_BYTES).getBigUint64(0, true),
  );
  const header: { __metadata__?: Record<string, string> } = JSON.parse(
    new TextDecoder().decode(file.subarray(HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + length)),
  );
  return header.__metadata__?.["training"] !== undefined;
}
