import type { Sc2Api } from '../api';
import { Sc2Error } from '../api';
import type { ICell, ICompletionRequest, Sc2Event } from '../messages';
import type { CellLedger, IDigestedCell } from './cells';

const MAX_ATTEMPTS = 5;
const MAX_WAIT_S = 60;

export interface IRequestServices {
  api: Sc2Api;
  ledger: CellLedger;
  /** Called when the server asks to be left alone for some seconds. */
  onBusy: (seconds: number) => void;
}

/**
 * One completion, over as many attempts as the server asks for: it may lack
 * sources, or be busy. `compose` makes each attempt's body, with fresh ids.
 * Ends at once when not even the active cell fits into a request.
 */
export async function* request(
  { api, ledger, onBusy }: IRequestServices,
  cells: readonly IDigestedCell[],
  compose: (cells: ICell[]) => ICompletionRequest,
  signal: AbortSignal
): AsyncGenerator<Sc2Event> {
  for (let attempt = 1; cells.length > 0; attempt++) {
    signal.throwIfAborted();
    const sent = ledger.encode(cells);
    try {
      const body = compose(sent);
      const answer = api.complete(body, signal);
      // Before the answer: a keystroke that supersedes this one need not repeat them.
      ledger.sent([
        ...sent,
        ...(body.state ? [body.state] : []),
        ...(body.beside ?? [])
      ]);
      yield* await answer;
      return;
    } catch (error) {
      if (
        signal.aborted ||
        attempt >= MAX_ATTEMPTS ||
        !(error instanceof Sc2Error)
      ) {
        throw error;
      }
      if (error.code === 'need_cells') {
        ledger.forget(error.missing);
      } else if (error.retryAfter !== null) {
        const seconds = Math.min(error.retryAfter, MAX_WAIT_S);
        onBusy(seconds);
        await sleep(seconds * 1000, signal);
      } else {
        throw error;
      }
    }
  }
}

/** Wait; returns early when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
