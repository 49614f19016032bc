// What the packages have: names that exist at run time, and those that only the shipped declarations have.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../sdks/typescript/', import.meta.url);
const inWorkspace = createRequire(new URL('package.json', ROOT));
const { API, SymbolFlags } = inWorkspace('typescript/unstable/sync');

const WIRE = 'core/dist/cjs/gen/wire/';
const layouts = readdirSync(new URL(WIRE, ROOT)).filter((name) => name.endsWith('.d.ts'));

/** What a program imports, and its declarations; the module of the suite and the layouts have files of their own. */
const packages = {
  '@net-mesh/core': [
    'core/dist/cjs/index.d.ts',
    'core/dist/cjs/gen/echo.d.ts',
    ...layouts.map((name) => WIRE + name),
  ],
  '@net-mesh/sdk': ['sdk/dist/cjs/index.d.ts', ...layouts.map((name) => WIRE + name)],
};

/** The names of every package. */
export function surface() {
  const api = new API({ cwd: fileURLToPath(ROOT) });
  try {
    const snapshot = api.updateSnapshot({ openFiles: Object.values(packages).flat().map(path) });
    const listed = (files) => Object.assign({}, ...files.map((file) => list(snapshot, file)));
    return Object.fromEntries(Object.entries(packages).map(([name, files]) => [name, listed(files)]));
  } finally {
    api.close();
  }
}

/** What declarations export; what is a value there has to be one in what was built as well. */
function list(snapshot, file) {
  const built = inWorkspace(path(file.replace('.d.ts', '.js')));
  const { program, checker } = snapshot.getDefaultProjectForFile(path(file));
  const module = checker.getSymbolAtLocation(program.getSourceFile(path(file)));
  const found = {};
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const { name } = exported;
    const isValue = (symbol.flags & SymbolFlags.Value) !== 0;
    if (isValue && !(name in built)) continue;
    found[name] = isValue && isConstant(built[name]) ? shown(built[name]) : true;
    if (symbol.flags & SymbolFlags.Type) members(checker, symbol, name, built[name], found);
    if (isValue && Object(built[name]) === built[name] && !isConstant(built[name])) {
      statics(checker, symbol, name, built[name], found);
    }
  }
  return found;
}

/** The members of a class or interface; the texts of a type that chooses between some. */
function members(checker, symbol, name, built, found) {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const choices = type.isUnionType() ? type.getTypes() : [type];
  const texts = choices.filter((choice) => choice.isStringLiteralType());
  texts.forEach((text) => (found[`${name}.${text.value}`] = true));
  if (texts.length === 0) {
    for (const member of checker.getPropertiesOfType(type)) {
      const isMethod = member.flags & (SymbolFlags.Method | SymbolFlags.Accessor);
      if (!isMethod || !built?.prototype || member.name in built.prototype) found[`${name}.${member.name}`] = true;
    }
  }
}

/** The static members of a class, or the values of an enum. */
function statics(checker, symbol, name, built, found) {
  const type = checker.getTypeOfSymbol(symbol);
  if (symbol.flags & SymbolFlags.Class && checker.getSignaturesOfType(type, 1).length > 0) found[`new ${name}`] = true;
  for (const member of checker.getPropertiesOfType(type)) {
    if (!(member.name in built)) continue;
    const value = built[member.name];
    found[`${name}.${member.name}`] = isConstant(value) ? shown(value) : true;
  }
}

function isConstant(value) {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) || Array.isArray(value);
}

/** A constant as JSON has it, where all numbers are of one kind. */
function shown(value) {
  return typeof value === 'bigint' ? Number(value) : value;
}

function path(file) {
  return fileURLToPath(new URL(file, ROOT));
}
