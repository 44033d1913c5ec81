/** A cell's longest output, in characters. */
export const MAX_OUTPUT = 2000;

/** Its longest error. */
const MAX_ERROR = 500;

/** What is looked at of a text that is cut in the end; terminal codes take room too. */
const MAX_READ = 8 * MAX_OUTPUT;

/** Colours and other terminal codes, links among them. */
const ESCAPE = '\u001B';
const ANSI = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${ESCAPE}\u0007]*(?:\u0007|${ESCAPE}\\\\)?|[@-Z\\\\-_])`,
  'g'
);

/** One output as a notebook's file has it. */
export interface IOutput {
  output_type?: unknown;
  name?: unknown;
  text?: unknown;
  data?: unknown;
  ename?: unknown;
  evalue?: unknown;
}

/** What a run showed, as text: nothing for pictures and pages. */
export interface IShown {
  output: string;
  error: string;
}

/** Read outputs one by one, until there is enough. */
export function textOf(outputs: Iterable<IOutput>): IShown {
  let output = '';
  let error = '';
  for (const one of outputs) {
    if (one.output_type === 'error') {
      error = cut(`${joined(one.ename)}: ${joined(one.evalue)}`, MAX_ERROR);
    } else if (output.length < MAX_OUTPUT) {
      const text = plain(one);
      output += output && text && !output.endsWith('\n') ? `\n${text}` : text;
      output = cut(output, MAX_OUTPUT);
    }
  }
  return { output, error };
}

function plain({ output_type: type, name, text, data }: IOutput): string {
  if (type === 'stream') {
    return name === 'stdout' ? cut(joined(text), MAX_OUTPUT) : '';
  }
  const forms = (data ?? {}) as Record<string, unknown>;
  // What stands for a picture says nothing.
  return Object.keys(forms).some(form => form.startsWith('image/'))
    ? ''
    : cut(joined(forms['text/plain']), MAX_OUTPUT);
}

/** A notebook's text, which may come in lines. */
function joined(text: unknown): string {
  return Array.isArray(text)
    ? text.join('')
    : typeof text === 'string'
      ? text
      : '';
}

/** Without terminal codes, and such that UTF-8 can hold it. */
function cut(text: string, limit: number): string {
  const clean = text.slice(0, MAX_READ).replace(ANSI, '').slice(0, limit);
  return clean.replace(/\p{Surrogate}/gu, '\uFFFD');
}
