// One request: what it asks for, and its answer, piece by piece.
import { pipeline } from "node:stream/promises";
import { MynahError } from "mynah";

/** Symbols that one request may ask for, so that nobody keeps a place for long. */
const MOST = 100_000;

/** What has no text to answer with. */
class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {import("mynah").Pool} pool
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
export async function answer(pool, request, response) {
  if (request.url === "/health") return void response.end(`${JSON.stringify({ waiting: pool.waiting })}\n`);
  // A client that leaves, before the first piece or in the middle, ends the work for it.
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  try {
    const pieces = pool.sample({ ...readRequest(request), signal: leaving.signal });
    // What is out of range is found when the work begins: the first piece is awaited before there is a status.
    const first = await pieces.next();
    const isEvents = request.headers.accept?.includes("text/event-stream") ?? false;
    const type = isEvents ? "text/event-stream" : "text/plain; charset=utf-8";
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    // The next piece is asked for when the client has taken those before it: a slow one costs no work.
    await pipeline(body(first, pieces, isEvents), response);
  } catch (error) {
    // After the first piece there is no status any more: the stream has been cut, which the client sees.
    if (!leaving.signal.aborted && !response.headersSent) refuse(response, error);
  }
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @returns {import("mynah").SampleOptions}
 */
function readRequest({ method, url = "/" }) {
  if (method !== "GET") throw new Refusal(405, `${method} is not served, only GET`);
  const base = "http://localhost";
  if (!URL.canParse(url, base)) throw new Refusal(400, `${url} is no address`);
  const { pathname, searchParams } = new URL(url, base);
  if (pathname !== "/") throw new Refusal(404, `There is nothing at ${pathname}`);
  return Object.fromEntries([...searchParams].map(([name, value]) => [name, readOption(name, value)]));
}

/**
 * @param {string} name
 * @param {string} value
 */
function readOption(name, value) {
  if (name === "prompt") return value;
  if (!["length", "temperature", "seed"].includes(name)) {
    throw new Refusal(400, `There is no "${name}"; there are prompt, length, temperature and seed`);
  }
  const number = value.trim() === "" ? Number.NaN : Number(value);
  const isLength = name === "length";
  // The other ranges are mynah's own.
  if (isLength ? !(Number.isInteger(number) && number >= 0 && number <= MOST) : Number.isNaN(number)) {
    const range = isLength ? `whole number from 0 to ${MOST}` : "number";
    throw new Refusal(400, `${name} is "${value}", but must be a ${range}`);
  }
  return number;
}

/**
 * The answer as it is sent: plain text, or an event with a string as JSON for each piece. An event stream that was not cut has the
 * event "end" at its end.
 *
 * @param {IteratorResult<string, void>} first
 * @param {AsyncGenerator<string, void>} others
 * @param {boolean} isEvents
 */
async function* body(first, others, isEvents) {
  /** @param {string} piece */
  const sent = (piece) => (isEvents ? `data: ${JSON.stringify(piece)}\n\n` : piece);
  if (first.done !== true) yield sent(first.value);
  for await (const piece of others) yield sent(piece);
  if (isEvents) yield "event: end\ndata: \n\n";
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {unknown} error
 */
function refuse(response, error) {
  const { status, message } = refusalOf(error);
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${message}\n`);
  if (status === 500) console.error(error);
}

/** @param {unknown} error */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  if (!(error instanceof MynahError)) return { status: 500, message: "The text could not be written" };
  const { code, message } = error;
  if (code === "queue-full") return { status: 503, message };
  return { status: code === "worker-crashed" || code === "out-of-memory" ? 500 : 400, message };
}
