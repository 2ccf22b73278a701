// Makes the built commands executable, so that npm's links to them and `dist/bin/aggregator.js` itself can be run.
import { chmodSync, readdirSync } from "node:fs";

const folder = new URL("../dist/bin/", import.meta.url);
for (const name of readdirSync(folder)) {
  if (name.endsWith(".js")) chmodSync(new URL(name, folder), 0o755);
}
