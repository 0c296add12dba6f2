import { MynahError, type ErrorCode } from "../errors.js";

/** The worker that leads: it alone validates, and tells the others what to do. */
export const LEADER = 0;

/** What the leader tells the others. */
export type Command =
  | { readonly kind: "step"; readonly secondsDone: number }
  | { readonly kind: "validated"; readonly loss: number };

/** A worker's part of a step, for another one. */
export interface Part {
  readonly kind: "part";
  /** Of the sender's rows, a number for each parameter. */
  readonly gradient: Float32Array<ArrayBuffer>;
  /** As `Training.ownLoss` gives it. */
  readonly loss: Float64Array;
  /** What the sender's rows carry to the next window; for the leader alone, which keeps it for checkpoints. */
  readonly carried: Float32Array;
}

interface Failure {
  readonly kind: "failure";
  readonly code: ErrorCode;
  readonly message: string;
}

type Message = Command | Part | Failure;

/** A port, and what has come through it that nobody has asked for yet. */
interface Link {
  readonly port: MessagePort;
  readonly inbox: Message[];
  /** Takes the next message instead of the inbox. */
  wake: ((message: Message) => void) | undefined;
  /** A buffer of the other worker's last gradient, for the next one to it. */
  spare: Float32Array<ArrayBuffer> | undefined;
}

/** The ports of one worker of a training to all others; at its own place there is none. */
export type Ports = readonly (MessagePort | undefined)[];

/**
 * How the workers of one training talk: each with each, through ports of their own, without the thread that started them.
 * Gradients move, and are not copied on the way: every buffer goes back and forth between two workers.
 */
export class Links {
  readonly #links: ReadonlyMap<number, Link>;
  #failure: MynahError | undefined;

  /** @param ports - to all workers in their order */
  constructor(ports: Ports) {
    const links = new Map<number, Link>();
    for (const [index, port] of ports.entries()) {
      if (port !== undefined) links.set(index, this.#open(port));
    }
    this.#links = links;
  }

  /** All others, in their order. */
  get others(): IterableIterator<number> {
    return this.#links.keys();
  }

  /** Tells all others something. */
  tell(command: Command): void {
    for (const { port } of this.#links.values()) port.postMessage(command);
  }

  /** Sends a worker this one's part, whose gradient `fill` writes. */
  send(
    to: number,
    length: number,
    fill: (gradient: Float32Array) => void,
    rest: Omit<Part, "gradient" | "kind">,
  ): void {
    const link = this.#link(to);
    const gradient = link.spare ?? new Float32Array(length);
    link.spare = undefined;
    fill(gradient);
    const part: Part = { kind: "part", gradient, ...rest };
    link.port.postMessage(part, [gradient.buffer]);
  }

  /** The next part of a worker; its buffer is for {@link reuse} afterwards. */
  async part(from: number): Promise<Part> {
    const message = await this.#next(from);
    if (message.kind === "part") return message;
    throw new MynahError("internal", `A worker sent ${message.kind} instead of its part of a step`);
  }

  /** The leader's next command. */
  async command(): Promise<Command> {
    const message = await this.#next(LEADER);
    if (message.kind !== "part") return message;
    throw new MynahError("internal", "The first worker sent its part of a step that nobody had begun");
  }

  /** Lets the next gradient to that worker have the buffer of its last one. */
  reuse(from: number, gradient: Float32Array<ArrayBuffer>): void {
    this.#link(from).spare = gradient;
  }

  /** Tells all others that this worker cannot go on. */
  giveUp({ code, message }: MynahError): void {
    const failure: Failure = { kind: "failure", code, message };
    for (const { port } of this.#links.values()) port.postMessage(failure);
  }

  /** Ends everything that waits, now and later, with this error. */
  fail(error: MynahError): void {
    this.#failure ??= error;
    const { code, message } = this.#failure;
    for (const link of this.#links.values()) link.wake?.({ kind: "failure", code, message });
  }

  /** Closes the ports. Nobody may wait any more. */
  close(): void {
    for (const { port } of this.#links.values()) port.close();
  }

  #open(port: MessagePort): Link {
    const link: Link = { port, inbox: [], wake: undefined, spare: undefined };
    port.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (link.wake === undefined) link.inbox.push(data);
      else link.wake(data);
    });
    port.start();
    keepAlive(port, false);
    return link;
  }

  async #next(from: number): Promise<Command | Part> {
    if (this.#failure !== undefined) throw this.#failure;
    const link = this.#link(from);
    const message = link.inbox.shift() ?? (await this.#arrival(link));
    if (message.kind === "failure") {
      this.#failure ??= new MynahError(message.code, message.message);
      throw this.#failure;
    }
    return message;
  }

  #arrival(link: Link): Promise<Message> {
    keepAlive(link.port, true);
    return new Promise((resolve) => {
      link.wake = (message) => {
        link.wake = undefined;
        keepAlive(link.port, false);
        resolve(message);
      };
    });
  }

  #link(index: number): Link {
    const link = this.#links.get(index);
    if (link === undefined) throw new MynahError("internal", `There is no link to worker ${index}`);
    return link;
  }
}

/** In Node a port keeps its thread alive; it shall only while somebody waits for it. */
function keepAlive(port: MessagePort, alive: boolean): void {
  const { ref, unref } = port as { ref?: () => void; unref?: () => void };
  (alive ? ref : unref)?.call(port);
}
