"""The measured side of the protocol, for Python: see serve.mjs. The answers go to standard output, all else to standard error."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable

# Before the first measurement: as in subjects/spans.mjs.
WARM_UP_STEPS = 3
WARM_UP_SECONDS = 1
WARM_UP_AT_MOST_SECONDS = 8

# Whatever a library prints must not get between the answers.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(answer: dict) -> None:
    """Writes one line."""
    ANSWERS.write(json.dumps(answer) + "\n")
    ANSWERS.flush()


def repeat(step: Callable[[], int], is_over: Callable[[int, float], bool]) -> dict:
    """Repeats steps, each of which returns the symbols that it covered, once at least."""
    steps = symbols = 0
    begin, processor_begin = time.perf_counter(), time.process_time()
    while True:
        symbols += step()
        steps += 1
        seconds = time.perf_counter() - begin
        if is_over(steps, seconds):
            processor_seconds = time.process_time() - processor_begin
            return {"steps": steps, "symbols": symbols, "seconds": seconds, "processorSeconds": processor_seconds}


def is_warm(steps: int, seconds: float) -> bool:
    """Whether the warm-up is over."""
    return (steps >= WARM_UP_STEPS and seconds >= WARM_UP_SECONDS) or seconds >= WARM_UP_AT_MOST_SECONDS


def serve(prepare: Callable[[dict, str], tuple[str, Callable[[], int]]]) -> None:
    """Runs the job of the first argument: `prepare` gets it and the text, and returns the versions and the step."""
    job = json.loads(sys.argv[1])
    try:
        with open(job["textFile"], encoding="utf-8") as file:
            versions, step = prepare(job, file.read())
        repeat(step, is_warm)
        say({"ready": versions})
        for line in sys.stdin:
            budget = float(line)
            say(repeat(step, lambda _, seconds: seconds >= budget))
        say({"peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is this row's result
        say({"failed": f"{type(error).__name__}: {error}"})
        raise
