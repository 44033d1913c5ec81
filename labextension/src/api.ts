import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  ICompletionRequest,
  IFailure,
  IStatus,
  Sc2Event
} from './messages';
import { readEvents } from './sse';

/** An error that the server explained. */
export class Sc2Error extends Error {
  constructor(
    failure: IFailure,
    readonly status = 0,
    /** Seconds after which the server wants to be asked again, if it said so. */
    readonly retryAfter: number | null = null
  ) {
    super(failure.message);
    this.code = failure.code;
    this.hint = failure.hint ?? '';
    this.missing = failure.missing;
  }

  readonly code: string;
  readonly hint: string;
  readonly missing: string[] | undefined;
}

/** The server's resources. No other file knows a URL. */
export class Sc2Api {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async status(): Promise<IStatus> {
    const response = await this._request('status', { method: 'GET' });
    return (await response.json()) as IStatus;
  }

  /**
   * Ask for a completion. Resolves once the server has accepted the request;
   * aborting `signal` closes the connection, which cancels it there.
   */
  async complete(
    body: ICompletionRequest,
    signal: AbortSignal
  ): Promise<AsyncGenerator<Sc2Event>> {
    const response = await this._request('complete', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal
    });
    return eventsOf(response);
  }

  /** Cancel by id, for proxies that keep a closed connection open. */
  async cancel(requestId: string): Promise<void> {
    await this._request(`requests/${encodeURIComponent(requestId)}`, {
      method: 'DELETE'
    });
  }

  /** Load the weights anew. */
  async restart(): Promise<void> {
    await this._request('restart', { method: 'POST' });
  }

  private async _request(path: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, 'sc2', path);
    const response = await ServerConnection.makeRequest(
      url,
      init,
      this._settings
    );
    if (!response.ok) {
      throw await errorOf(response);
    }
    return response;
  }
}

async function* eventsOf(response: Response): AsyncGenerator<Sc2Event> {
  if (response.body) {
    for await (const data of readEvents(response.body)) {
      const event = JSON.parse(data) as Sc2Event;
      yield event;
      if (event.type === 'done' || event.type === 'error') {
        return;
      }
    }
  }
  throw new Sc2Error({
    code: 'connection_lost',
    message: 'The server closed the connection before it had finished.'
  });
}

async function errorOf(response: Response): Promise<Sc2Error> {
  const seconds = Number.parseFloat(response.headers.get('Retry-After') ?? '');
  const retryAfter = Number.isFinite(seconds) ? Math.max(0, seconds) : null;
  let failure: Partial<IFailure> = {};
  try {
    failure = ((await response.json()) ?? {}) as Partial<IFailure>;
  } catch {
    // Not ours: a proxy's page, or a server without the extension.
  }
  return new Sc2Error(
    {
      ...failure,
      code: failure.code ?? `http_${response.status}`,
      message: failure.message ?? `${response.status} ${response.statusText}`
    },
    response.status,
    retryAfter
  );
}
