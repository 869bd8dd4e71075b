// SPDX-License-Identifier: MIT
// node powershell.mjs MODULES FILE...: where PowerShell scripts are not what tree-sitter's grammar, of the
// folder MODULES, takes for PowerShell, a line each; the exit code is 1 if there is any. The grammar
// knows less than PowerShell does: our scripts keep to what it knows. PowerShell's own parser reads
// them on Windows.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";

// The grammar is one huge function, which takes V8's optimising compiler ten seconds.
setFlagsFromString("--liftoff-only");

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "node_modules", "x"));
const { Language, Parser } = require("web-tree-sitter");
await Parser.init();
const parser = new Parser();
const grammar = join(resolve(modules), "node_modules", "tree-sitter-powershell", "tree-sitter-powershell.wasm");
parser.setLanguage(await Language.load(readFileSync(grammar)));

// The innermost nodes that hold an error: of those around it nobody needs to hear.
function* errors(node) {
    if (!node.hasError && !node.isMissing)
        return;
    let inner = 0;
    for (const child of node.children)
        for (const error of errors(child)) {
            inner++;
            yield error;
        }
    if (!inner && (node.isError || node.isMissing))
        yield node;
}

let found = 0;
for (const file of files) {
    const tree = parser.parse(readFileSync(file, "utf8"));
    for (const node of errors(tree.rootNode)) {
        const { row, column } = node.startPosition;
        const what = node.isMissing ? `${node.type} is missing` : "this is not understood";
        console.log(`${file}:${row + 1}:${column + 1}: ${what}`);
        found++;
    }
}
process.exit(found ? 1 : 0);
