/** A training of which nothing but the network's own arithmetic is measured, as the peers do theirs. */
export const BARE_TRAINING = { optimizer: "adamw", dropout: 0, weightDrop: 0, validation: 0 };
