import { UUID } from '@lumino/coreutils';
import { Sc2Error } from '../api';
import type { ICell, ICompletionRequest, Sc2Event } from '../messages';
import { PROTOCOL } from '../messages';
import type { ICompletionSettings } from '../settings';
import { MAX_BYTES, MAX_CELLS, nearest } from './cells';
import type { IEditorHost, IPlace } from './host';
import { GHOST_ACTIVE_CLASS } from './host';
import type { IRequestServices } from './request';
import { request } from './request';
import { Suggestion } from './suggestion';

export interface ISessionServices extends IRequestServices {
  clientId: string;
  settings: () => ICompletionSettings;
  onFailure: (error: Error) => void;
}

/** What runs for one notebook or file: at most one request, the newest. */
export class Session {
  constructor(
    private readonly _host: IEditorHost,
    private readonly _services: ISessionServices
  ) {}

  /** Grows with each fetch and each cancellation; older streams then end. */
  turn = 0;

  /** The suggestion that still fits what the user sees, with text to show or to come. */
  usable(place: IPlace): Suggestion | null {
    const rest = this._rest(this._suggestion, place);
    return rest !== null && (rest.trim() || !this._suggestion?.finished)
      ? this._suggestion
      : null;
  }

  /** What `suggestion` has left to insert now; null when it fits no more. */
  rest(suggestion: Suggestion): string | null {
    return this._rest(suggestion, this._host.place());
  }

  /** Ask for a suggestion here; the request before is superseded. */
  start(place: IPlace): Suggestion {
    this._abort();
    const { cellId, source, cursor } = place;
    const suggestion = new Suggestion(cellId, source, cursor);
    this._suggestion = suggestion;
    const { maxNewTokens } = this._services.settings();
    void this._run(place, maxNewTokens, suggestion);
    return suggestion;
  }

  /** Let the server read the context here, unless a suggestion did or does. */
  warm(): void {
    const place = this._host.place();
    if (place && !this._suggestion) {
      this._abort();
      void this._run(place, 0, null);
    }
  }

  /** Drop the suggestion; a context being read is of use to the next one. */
  drop(): void {
    this.turn++;
    if (this._suggestion) {
      // The host takes its ghost away but keeps this mark, and Tab stays dead.
      this._host.place()?.editor.host.classList.remove(GHOST_ACTIVE_CLASS);
      this._abort();
    }
  }

  /** Drop a suggestion that the user has left behind. */
  reconsider(): void {
    if (this._suggestion && this.rest(this._suggestion) === null) {
      this.drop();
    }
  }

  /** Cancel whatever runs, by id too: the user has gone, no newer request comes. */
  cancel(): void {
    this.turn++;
    if (this._requestId) {
      this._services.api.cancel(this._requestId).catch(() => undefined);
    }
    this._abort();
  }

  private _rest(suggestion: Suggestion | null, place: IPlace | null) {
    return suggestion && place
      ? suggestion.remaining(place.cellId, place.source, place.cursor)
      : null;
  }

  private _abort(): void {
    this._controller?.abort();
    this._controller = null;
    this._requestId = null;
    this._suggestion?.finish();
    this._suggestion = null;
  }

  private async _run(
    place: IPlace,
    maxNewTokens: number,
    suggestion: Suggestion | null
  ): Promise<void> {
    const controller = (this._controller = new AbortController());
    const { signal } = controller;
    try {
      for await (const event of this._events(place, maxNewTokens, signal)) {
        if (event.type === 'text') {
          suggestion?.append(event.text);
        } else if (event.type === 'done') {
          suggestion?.settle(event.text ?? '');
        } else if (event.type === 'error') {
          throw new Sc2Error(event);
        }
      }
      suggestion?.finish(); // nothing was asked: the cell is too large
    } catch (error) {
      if (!signal.aborted && error instanceof Error) {
        suggestion?.finish(error.message);
        this._services.onFailure(error);
      }
    } finally {
      if (this._controller === controller) {
        this._controller = null;
        this._requestId = null;
      }
    }
  }

  private _events(
    place: IPlace,
    maxNewTokens: number,
    signal: AbortSignal
  ): AsyncGenerator<Sc2Event> {
    const { ledger, settings, clientId } = this._services;
    const { beside, widget, isFile, path, language, state } = this._host;
    const { cells, active, offset } = this._host.document(place);
    const digested = cells.map(cell => ledger.digest(cell));
    const others = beside.reduce((bytes, other) => bytes + other.bytes, 0);
    const room = MAX_BYTES - (state?.bytes ?? 0) - others;
    const chosen = nearest(digested, active, MAX_CELLS, room);
    const compose = (sent: ICell[]): ICompletionRequest => ({
      protocol: PROTOCOL,
      request_id: (this._requestId = UUID.uuid4()),
      client_id: clientId,
      editor_id: `${widget.id}:${place.cellId}`,
      seq: ++Session._seq,
      role: 'ghost',
      cells: sent,
      ...(state && { state: ledger.encodeState(state) }),
      ...(beside.length && {
        beside: beside.map(other => ledger.encodeState(other))
      }),
      cursor: { cell_id: place.cellId, offset },
      path,
      is_file: isFile,
      language,
      options: {
        max_new_tokens: maxNewTokens,
        temperature: settings().temperature
      }
    });
    return request(this._services, chosen, compose, signal);
  }

  private _controller: AbortController | null = null;
  private _requestId: string | null = null;
  private _suggestion: Suggestion | null = null;

  /** One counter for the page keeps every editor's numbers growing. */
  private static _seq = 0;
}
