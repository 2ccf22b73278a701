import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { projectFile } from "../../src/os/project-file.ts";

/** A package registry on loopback. */
export interface LocalRegistry extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves the packages of the project's node_modules, so that npm can install from a tarball without a network. It has the
 * prebuilt part of koffi for this platform only, as npm installs it.
 */
export async function serveRegistry(): Promise<LocalRegistry> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? "").slice(1);
    if (name.endsWith(".tgz")) sendTarball(name.slice(0, -".tgz".length), response);
    else sendPackument(name, url, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a registry tells about a package, with its one version. */
function sendPackument(name: string, url: string, response: ServerResponse): void {
  const path = projectFile(`node_modules/${name}/package.json`);
  if (!existsSync(path)) {
    response.writeHead(404).end("{}");
    return;
  }
  const manifest: { version: string } = JSON.parse(readFileSync(path, "utf8"));
  const { version } = manifest;
  const versions = { [version]: { ...manifest, dist: { tarball: `${url}/${name}.tgz` } } };
  response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
}

function sendTarball(name: string, response: ServerResponse): void {
  const folder = projectFile(`node_modules/${name}`);
  spawn("tar", ["-cz", "-C", folder, "--transform", "s,^\\.,package,", "."]).stdout.pipe(response);
}
