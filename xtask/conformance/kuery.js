// Kibana's own parser and translator, of the release that npm has: queries in, one JSON text a line; DSL or error out.
//
// usage: node kuery.js NODE_FOLDER < QUERIES

"use strict";

const path = require("path");
const folder = path.resolve(process.argv[2], "node_modules/@cybernetex/kbn-es-query/target/server");
const { fromKueryExpression, toElasticsearchQuery } = require(path.join(folder, "kuery"));

// The older grammar nests a long list to its right, deeper than readers of JSON go; `a or (b or c)` is `a or b or c`.
function flat(query) {
  for (const key of ["should", "filter"]) {
    const list = (query.bool || {})[key];
    if (!list) continue;
    const shape = (it) => Object.keys(it.bool || {}).sort().join();
    for (let last = list[list.length - 1]; shape(last) === shape(query); last = list[list.length - 1]) {
      list.pop();
      list.push(...last.bool[key]);
    }
    list.forEach(flat);
  }
  [].concat((query.bool || {}).must_not || []).forEach(flat);
  return query;
}

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
const answers = lines.map((line) => {
  try {
    return { dsl: flat(toElasticsearchQuery(fromKueryExpression(JSON.parse(line)))) };
  } catch (error) {
    return { error: String(error.message).split("\n")[0] };
  }
});
process.stdout.write(answers.map((it) => JSON.stringify(it) + "\n").join(""));
