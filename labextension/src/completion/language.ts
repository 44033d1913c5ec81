/** Names of MIME types that are not the word that kernels use. */
const WORDS: Record<string, string> = {
  'c++src': 'c++',
  csrc: 'c',
  ecmascript: 'javascript',
  'httpd-php': 'php',
  'httpd-php-open': 'php',
  ipython: 'python',
  ipythongfm: 'markdown',
  ipythontb: 'python',
  jsx: 'javascript',
  mariadb: 'sql',
  mssql: 'sql',
  mysql: 'sql',
  objectivec: 'objective-c',
  'objectivec++': 'objective-c++',
  pgsql: 'sql',
  plsql: 'sql',
  rsrc: 'r',
  rustsrc: 'rust',
  sh: 'bash',
  sqlite: 'sql',
  stex: 'latex',
  stsrc: 'smalltalk',
  'typescript-jsx': 'typescript'
};

const NO_LANGUAGE = ['plain', 'octet-stream'];

/** The server's bound. */
const MAX_LENGTH = 64;

/** A file's language as kernels call it; its ending where the type says none. */
export function languageOfFile(mimeType: string, path: string): string {
  const name = mimeType
    .toLowerCase()
    .replace(/;.*/, '')
    .replace(/^\w+\/(x-|vnd\.)?/, '')
    .trim();
  const word = NO_LANGUAGE.includes(name) ? '' : (WORDS[name] ?? name);
  const ending = /\.([^./]+)$/.exec(path)?.[1].toLowerCase();
  return (word || ending || 'text').slice(0, MAX_LENGTH);
}
