// Judge of a profile of `kql`: every query parses and binds with Microsoft's own Kusto parser.
//
// usage: kql.js NODE_FOLDER SCHEMA.json PROFILE < OUTPUT.jsonl      (of `rulec convert -t kql/PROFILE --jsonl`)
//
// Exit 1 if a query has an error.

const fs = require('fs');
const path = require('path');

const [nodeFolder, schemaFile, profile] = process.argv.slice(2);
const pkg = path.resolve(nodeFolder, 'node_modules/@kusto/language-service-next');
require(path.join(pkg, 'bridge.min.js')); // defines Bridge
require(path.join(pkg, 'Kusto.Language.Bridge.min.js')); // defines Kusto
const { KustoCode, GlobalState, Symbols } = Kusto.Language;

const SHOWN = 10;

function columnName(name) {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `['${name.replace(/[\\']/g, '\\$&')}']`;
}

function database(tables) {
  const symbols = Object.entries(tables).map(([table, columns]) => {
    const list = Object.entries(columns).map(([name, type]) => `${columnName(name)}: ${type}`);
    return new Symbols.TableSymbol.$ctor7(table, `(${list.join(', ')})`, null); // (name, schema, description)
  });
  return new Symbols.DatabaseSymbol.ctor('db', symbols);
}

function errors(query, globals) {
  const found = Bridge.toArray(KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics());
  return found
    .filter((it) => it.Severity === 'Error')
    .map((it) => `${it.Code} ${it.Message} at \`${query.substr(it.Start, Math.min(it.Length, 60))}\``);
}

// Names that a query gives to what its table has another column for: that one would be lost.
function hidden(query) {
  const own = tables[query.split('\n')[0]] ?? {}; // a correlation begins with no table
  const given = [...query.matchAll(/^\| extend (\w+|\['[^\n]*?'\]) = /gm)].map((it) => it[1]);
  return given.filter((it) => Object.keys(own).map(columnName).includes(it));
}

// The query of a rule file, and that it returns the columns of the rule's entities.
function ofRule(text) {
  if (!text.startsWith('{')) return text;
  const rule = JSON.parse(text);
  if (rule.queryCondition) {
    const { queryText } = rule.queryCondition;
    const { entityMappings } = rule.detectionAction.alertTemplate;
    const columns = Object.values(entityMappings).flat().flatMap(Object.values);
    return `${queryText}\n| project Timestamp, ReportId, ${[...new Set(columns)].join(', ')}`;
  }
  const { query, entityMappings = [] } = rule.resources[0].properties;
  const columns = entityMappings.flatMap((it) => it.fieldMappings).map((it) => it.columnName);
  // The documentation lists the fields that all schemas of ASIM share by a reference to them.
  const table = query.split('\n')[0];
  const shared = (it) => Object.keys(tables[table]).includes('Dvc fields') && !(it in tables[table]);
  const bound = columns.filter((it) => !shared(it));
  return bound.length === 0 ? query : `${query}\n| project ${[...new Set(bound)].join(', ')}`;
}

const tables = JSON.parse(fs.readFileSync(schemaFile, 'utf8'));
const globals = GlobalState.Default.WithDatabase(database(tables)).WithCache();

// A judge that never says no proves nothing.
const known = Object.keys(tables)[0];
for (const wrong of [`${known} | where NoSuchColumn == 1`, `${known} | where (`]) {
  if (errors(wrong, globals).length === 0) throw new Error(`the parser accepts \`${wrong}\``);
}

const column = Object.keys(tables[known])[0];
if (hidden(`${known}\n| extend ${columnName(column)} = 1`).length === 0) throw new Error('a hidden column is not seen');

let judged = 0;
let refused = 0;
const bad = [];
for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (!line) continue;
  const { path: rule, query: text } = JSON.parse(line);
  const query = text === null ? null : ofRule(text);
  if (query === null) {
    refused += 1;
    continue;
  }
  judged += 1;
  const found = [...errors(query, globals), ...hidden(query).map((it) => `a column ${it} is hidden by a name`)];
  if (found.length > 0) bad.push(`${rule}: ${found[0]}`);
}
console.log(`kql/${profile}: ${judged} queries bound, ${bad.length} with errors (${refused} rules without output)`);
bad.slice(0, SHOWN).forEach((it) => console.log(`  ${it}`));
process.exitCode = bad.length > 0 || judged === 0 ? 1 : 0;
