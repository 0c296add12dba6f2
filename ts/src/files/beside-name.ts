/**
 * A name for a model that another one has to do with: `notes.failed.safetensors` beside `notes.safetensors`.
 *
 * @param number - from 1: the second one is `notes.failed-2.safetensors`
 */
export function besideName(path: string, what: "failed" | "previous", number: number): string {
  return `${path.replace(/\.safetensors$/, "")}.${what}${number === 1 ? "" : `-${number}`}.safetensors`;
}
