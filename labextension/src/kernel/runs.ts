// With its extension, for the tests: Node runs this file as it is.
import { MAX_CELLS, shaOf } from '../completion/cells.js';
import type {
  ICellRun,
  INotebookState,
  IOpenFile,
  ISnapshot
} from '../messages';

/** Characters that all outputs may take together. */
const MAX_OUTPUTS = 64 * 1024;

/** Bytes of a state within a request. */
const MAX_BYTES = 512 * 1024;

/** What is tried in turn until a state is small enough: outputs go first. */
const SIZES = [
  { outputs: MAX_OUTPUTS, runs: MAX_CELLS },
  { outputs: 0, runs: MAX_CELLS },
  { outputs: 0, runs: 500 }
];

/** A notebook's state as it is sent; `bytes` is what it takes in a request. */
export interface IState {
  sha: string;
  source: string;
  bytes: number;
}

/** How cells last ran in the kernel, by cell id. */
export type Runs = ReadonlyMap<string, ICellRun>;

/** The state as text; null when nothing ran. */
export function describe(
  runs: Runs,
  snapshot: ISnapshot | null
): IState | null {
  if (runs.size === 0 && !snapshot?.variables.length) {
    return null;
  }
  const ordered = [...runs.values()].sort((a, b) => a.order - b.order);
  let state = asText({ runs: [], snapshot });
  for (const size of SIZES) {
    const latest = ordered.slice(-size.runs);
    state = asText({ runs: bounded(latest, size.outputs), snapshot });
    if (state.bytes <= MAX_BYTES) {
      return state;
    }
  }
  return state;
}

/** The same runs; the latest keep their outputs as far as `room` allows. */
function bounded(runs: readonly ICellRun[], room: number): ICellRun[] {
  const kept: ICellRun[] = [];
  for (const run of [...runs].reverse()) {
    room -= run.output?.length ?? 0;
    kept.push(room >= 0 ? run : { ...run, output: '' });
  }
  return kept.reverse();
}

/** What the server gets as text by its hash, with what that takes. */
export function asText(state: INotebookState | IOpenFile): IState {
  const source = JSON.stringify(state);
  // It travels as a string within the body, so its quotes are escaped again.
  const bytes = new TextEncoder().encode(JSON.stringify(source)).length;
  return { sha: shaOf(source), source, bytes };
}
