import type { TextModel } from "../index.js";

/** Uses a model, and disposes of it whatever comes. */
export async function withModel<Result>(
  making: Promise<TextModel>,
  use: (model: TextModel) => Promise<Result>,
): Promise<Result> {
  const model = await making;
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}
