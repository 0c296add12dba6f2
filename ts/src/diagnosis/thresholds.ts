// Where one verdict ends and the next begins. Chosen by eye on short runs of small models on the embedded corpora (test/api/diagnosis.test.ts
// has some of them) and on the curves of docs/quality.md; a wrong one gives wrong advice, and changes no training.

/** Stretches without which no course can be seen: a beginning, a middle and an end. */
export const LEAST_STRETCHES = 3;

/** Steps within which the warm-up and the noise of single windows outweigh what is learnt. */
export const LEAST_STEPS = 20;

/**
 * Training losses are looked at over so many steps at least, and in so many stretches at most: those of single steps waver by a tenth and
 * more.
 */
export const STEPS_OF_A_STRETCH = 5;
export const STRETCHES = 12;

/**
 * The part of the run, at its end, whose course is looked at. Losses fall with the logarithm of the steps, so that what the second half has
 * brought is about what as many steps again would bring.
 */
export const LAST_PART = 1 / 2;

/** A loss that falls by less in the last part is flat: validations in parts differ from exact ones by about as much. */
export const FLAT = 0.01;

/** A loss that falls by more in the last part is worth going on with, at the end of a run, too. */
export const STILL_FALLING = 0.03;

/** A held-out loss that is above its best by more has risen: less is what it wavers by from one validation to the next. */
export const RISEN = 0.02;

/** Validations after the best one without which a rise may be a single bad one, unless it is a steep one. */
export const RISES = 2;
export const STEEP_RISE = 0.06;

/** Steps undone: a single one may be an odd window, a second one means it. */
export const ROLLBACKS = 2;

/**
 * A training loss that rises by more, from one stretch to the next or above its lowest: with a good rate it wavers by a few per cent. Of a low
 * loss ({@link HIGH}) as a share of that, for what is left then comes and goes with what is dropped.
 */
export const SWING = 0.05;

/** Share of all stretches that have to swing so, or the loss has only met with a hard chapter. */
export const SWINGS = 1 / 4;

/** With so many times the usual rate a single swing is no accident. */
export const WILD_RATE = 5;

/** Over what an even guess comes to (ln of the alphabet): the model is surer of wrong symbols than one that knows nothing. */
export const WORSE_THAN_GUESSING = 1.05;

/** How far above the clip the mean norm of the gradient is where it explodes; below 3 is usual in the first passes. */
export const FAR_ABOVE_CLIP = 10;

/** With a rate below such a share of the usual one, what still falls would fall faster. Half or double the usual rate differ little. */
export const SLOW_RATE = 1 / 5;

/**
 * A loss above such a share of an even guess, or of what it began with, has hardly fallen: the frequencies of the symbols alone bring it to
 * 0.7 to 0.85 of the guess.
 */
export const HARDLY_FALLEN = 0.9;

/** With at least such a share of the usual rate it is not the rate's fault. */
export const GOOD_RATE = 1 / 2;

/** A held-out loss so far above the training loss, as a share of that, is a gap: the model knows the text, not the language. */
export const GAP = 0.1;

/** Symbols seen for each weight from which on a model of that size has learnt what it can: ten times what it should see at least. */
export const SATURATED = 100;

/** Share of an even guess below which the loss is low, whatever the size. Good models of prose come to about 0.3. */
export const HIGH = 0.3;

/** Symbols of a text that any model knows by heart after some steps, whatever the curves look like. */
export const LEAST_TEXT = 200;

/** As a share of the training loss, what is above it by more is no matter of per cent any more. */
export const FAR_ABOVE = 10;

/**
 * A loss below so many nats per symbol is next to nothing: nineteen in twenty of the probability are with the right symbol. Of what is left no
 * share says anything: it comes and goes by half.
 */
export const NEXT_TO_NOTHING = 0.05;
