// A model file as another program writes it.

const HEADER_LENGTH_BYTES = 8;

/** A file of mynah's own without what only mynah writes: the tensors under PyTorch's names, and no word about what they mean. */
export function withoutMetadata(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const end = HEADER_LENGTH_BYTES + length;
  const { __metadata__: _, ...tensors }: Record<string, unknown> = JSON.parse(
    new TextDecoder().decode(file.subarray(HEADER_LENGTH_BYTES, end)),
  );
  const header = new TextEncoder().encode(JSON.stringify(tensors));
  const foreign = new Uint8Array(HEADER_LENGTH_BYTES + header.length + file.length - end);
  new DataView(foreign.buffer).setBigUint64(0, BigInt(header.length), true);
  foreign.set(header, HEADER_LENGTH_BYTES);
  foreign.set(file.subarray(end), HEADER_LENGTH_BYTES + header.length);
  return foreign;
}
