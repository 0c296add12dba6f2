// Getting a command-line tool: from PATH, from the cache, from a download server (one of ours on 127.0.0.1), from source
// (by a cargo of ours); and what stays behind when that is interrupted.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const VERSION = "1.2.3";
const ARCHIVE = "demo/releases/demo.tar.gz";

/** What runs in a process of its own, as the set-up does: installs the tool and prints where it is. */
const INSTALL = `
  import { installTool } from ${JSON.stringify(path.resolve("scripts/setup/tool.mjs"))};
  const tool = { name: "demo", version: "${VERSION}", programs: ["demo", "demo-runner"], buildTime: "1 second", archive: "${ARCHIVE}" };
  console.log("installed in " + (await installTool(tool)));
`;

let folder: string;
let cache: string;
let bin: string;
let server: http.Server | undefined;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "mynah-tool-"));
  cache = path.join(folder, "cache");
  bin = path.join(folder, "bin");
  fs.mkdirSync(bin);
});

afterEach(async () => {
  server?.closeAllConnections();
  if (server !== undefined) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

const script = (file: string, lines: string) =>
  fs.writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });

function writeTool(where: string, version: string) {
  fs.mkdirSync(where, { recursive: true });
  for (const name of ["demo", "demo-runner"]) script(path.join(where, name), `echo "${name} ${version}"`);
}

/** A cargo that notes each call and "builds" the tool after so many seconds, into the folder after --root. */
function writeCargo(seconds = 0) {
  script(
    path.join(bin, "cargo"),
    `echo "$@" >> ${folder}/cargo-calls
     while [ "$1" != --root ]; do shift; done
     mkdir -p "$2/bin" "$2/target/deep"
     echo half > "$2/bin/demo"
     sleep ${seconds}
     for name in demo demo-runner; do printf '#!/bin/sh\\necho "%s ${VERSION}"\\n' $name > "$2/bin/$name"; chmod +x "$2/bin/$name"; done`,
  );
}

const cargoCalls = () => {
  const file = path.join(folder, "cargo-calls");
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n").length : 0;
};

async function serve(answer: http.RequestListener) {
  server = http.createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function archiveOf(version: string) {
  const name = "demo-release";
  writeTool(path.join(folder, name), version);
  spawnSync("tar", ["-czf", "demo.tar.gz", name], { cwd: folder });
  return fs.readFileSync(path.join(folder, "demo.tar.gz"));
}

function start(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", INSTALL], {
    env: { PATH: `${bin}:/usr/bin:/bin`, MYNAH_CACHE: cache, MYNAH_DOWNLOADS: "off", ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += String(data)));
  const end = once(child, "close").then(([code]) => ({ code: code as number, said }));
  return { child, end };
}

const install = (env?: Record<string, string>) => start(env).end;
const place = () => path.join(cache, "tools", `demo-${VERSION}`);
const leftovers = () =>
  fs.existsSync(path.join(cache, "tools")) ? fs.readdirSync(path.join(cache, "tools")) : [];

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("where a tool comes from", () => {
  it("PATH, when it has the right version", async () => {
    writeTool(bin, VERSION);
    const { said, code } = await install();
    expect(said).toContain(`installed in ${bin}`);
    expect(code).toBe(0);
  });

  it("not PATH, when its version is another or a program is missing", async () => {
    writeCargo();
    writeTool(bin, "1.2.4");
    expect((await install()).said).toContain(`installed in ${place()}`);
    writeTool(bin, VERSION);
    fs.rmSync(path.join(bin, "demo-runner"));
    expect((await install()).said).toContain(`installed in ${place()}`);
  });

  it("a download, when the server answers", async () => {
    writeCargo();
    const archive = archiveOf(VERSION);
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.end(archive);
    });
    const { said } = await install({ MYNAH_DOWNLOADS: url });
    expect(asked).toEqual([`/${ARCHIVE}`]);
    expect(said).toMatch(/demo 1.2.3: prebuilt/);
    expect(said).toContain(`installed in ${place()}/bin`);
    expect(cargoCalls()).toBe(0);
    expect(leftovers()).toEqual([`demo-${VERSION}`]);
  });

  it("the cache, the second time", async () => {
    writeCargo();
    await install();
    const { said } = await install();
    expect(said).toMatch(/✓ demo 1.2.3: in /);
    expect(cargoCalls()).toBe(1);
  });
});

describe("a download that does not work is followed by a build from source", () => {
  const fromSource = async (answer: http.RequestListener, env: Record<string, string> = {}) => {
    writeCargo();
    const { said, code } = await install({ MYNAH_DOWNLOADS: await serve(answer), ...env });
    expect(said).toContain(`installed in ${place()}/bin`);
    expect(code).toBe(0);
    expect(cargoCalls()).toBe(1);
    expect(leftovers()).toEqual([`demo-${VERSION}`]);
    expect(fs.readdirSync(place())).toEqual(["bin"]);
    return said;
  };

  it("not found", async () => {
    const said = await fromSource((_, response) => response.writeHead(404).end());
    expect(said).toContain("no prebuilt binary: the server answered 404");
  });

  it("no answer within the limit", async () => {
    const said = await fromSource(() => {}, { MYNAH_DOWNLOAD_SECONDS: "0.3" });
    expect(said).toContain("no prebuilt binary: no answer within 0.3 s");
  });

  it("stops halfway", async () => {
    const said = await fromSource(
      (_, response) => {
        response.writeHead(200, { "Content-Length": 1000 });
        response.write("half");
      },
      { MYNAH_DOWNLOAD_SECONDS: "0.3" },
    );
    expect(said).toContain("no prebuilt binary: no answer within 0.3 s");
  });

  it("not an archive", async () => {
    const said = await fromSource((_, response) => response.end("<html>Please log in</html>"));
    expect(said).toContain("the archive could not be unpacked");
  });

  it("a program that does not run here, or is another version", async () => {
    const archive = archiveOf("9.9.9");
    const said = await fromSource((_, response) => response.end(archive));
    expect(said).toContain("the one that came does not run here");
  });
});

describe("a set-up that does not end well", () => {
  it("says what failed and leaves no half-made tool", async () => {
    script(path.join(bin, "cargo"), `echo "error: no route to the registry" >&2; exit 101`);
    const { said, code } = await install();
    expect(said).toContain("error: no route to the registry");
    expect(code).not.toBe(0);
    expect(leftovers()).toEqual([]);
  });

  it("leaves nothing when it is interrupted, and the next one goes through", async () => {
    writeCargo(30);
    const { child, end } = start();
    await until(() => cargoCalls() === 1 && leftovers().length > 0);
    child.kill("SIGINT");
    expect((await end).code).toBe(130);
    expect(leftovers()).toEqual([]);
    writeCargo();
    expect((await install()).said).toContain(`installed in ${place()}`);
  });

  it("is swept up by the next one when it was killed", async () => {
    writeCargo(1);
    const { child, end } = start();
    await until(() => cargoCalls() === 1 && leftovers().length > 1);
    child.kill("SIGKILL");
    await end;
    expect(leftovers()).toContain(`demo-${VERSION}.lock`);
    writeCargo();
    expect((await install()).said).toContain(`installed in ${place()}`);
    expect(leftovers()).toEqual([`demo-${VERSION}`]);
  });

  it("waits for another that is at it, and uses what that one made", async () => {
    writeCargo(1);
    const [first, second] = await Promise.all([install(), install()]);
    expect(first.said + second.said).toMatch(
      /waiting: another process \(\d+\) is busy with installing demo 1.2.3/,
    );
    for (const { said } of [first, second]) expect(said).toContain(`installed in ${place()}`);
    expect(cargoCalls()).toBe(1);
    expect(leftovers()).toEqual([`demo-${VERSION}`]);
  });
});
