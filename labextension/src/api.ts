import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  IChatRequest,
  ICompletionRequest,
  IConversation,
  IFailure,
  IOpenedConversation,
  IStatus,
  Role,
  Sc2Event
} from './messages';
import type {
  ICatalogue,
  IChooseWeights,
  ILicence,
  IRoleChoice,
  WeightsAction
} from './models/messages';
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

  /** What to ask a kernel for its names with. */
  async snapshotCode(): Promise<string> {
    const response = await this._request('snapshot-code', { method: 'GET' });
    return response.text();
  }

  /**
   * Ask for a completion. Resolves once the server has accepted the request;
   * aborting `signal` closes the connection, which cancels it there.
   */
  complete(
    body: ICompletionRequest,
    signal: AbortSignal
  ): Promise<AsyncGenerator<Sc2Event>> {
    return this._stream('complete', body, signal);
  }

  /** Ask for the next reply of a conversation; as `complete`. */
  chat(
    body: IChatRequest,
    signal: AbortSignal
  ): Promise<AsyncGenerator<Sc2Event>> {
    return this._stream('chat', body, signal);
  }

  /** The conversation of a notebook, a new one if there is none. */
  async openConversation(path: string): Promise<IOpenedConversation> {
    const response = await this._post('conversations', { path });
    return (await response.json()) as IOpenedConversation;
  }

  async conversation(id: string): Promise<IConversation> {
    const response = await this._request(`conversations/${id}`, {
      method: 'GET'
    });
    return (await response.json()) as IConversation;
  }

  /** Forget a conversation for ever. */
  async forgetConversation(id: string): Promise<void> {
    await this._request(`conversations/${id}`, { method: 'DELETE' });
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

  /** Which weights exist, what they need, and which role uses which. */
  async catalogue(): Promise<ICatalogue> {
    const response = await this._request('models', { method: 'GET' });
    return (await response.json()) as ICatalogue;
  }

  /** Fetch, load or remove weights; resolves once the server has begun. */
  async act(action: WeightsAction, weights: string): Promise<void> {
    await this._post(`models/${action}`, { weights });
  }

  async chooseWeights(
    role: Role,
    choice: IChooseWeights
  ): Promise<IRoleChoice> {
    const response = await this._put(`roles/${role}`, choice);
    return (await response.json()) as IRoleChoice;
  }

  /** Unused weights leave the memory after so many minutes; 0 for never. */
  async setIdleMinutes(minutes: number): Promise<void> {
    await this._put('models/settings', { idle_minutes: minutes });
  }

  /** The terms, with the licence file of weights that are here. */
  async licence(id: string): Promise<ILicence> {
    const path = `licences/${encodeURIComponent(id)}`;
    const response = await this._request(path, { method: 'GET' });
    return (await response.json()) as ILicence;
  }

  async answerLicence(
    { id, version }: ILicence,
    accepted: boolean
  ): Promise<ILicence> {
    const response = await this._put(`licences/${encodeURIComponent(id)}`, {
      accepted,
      version
    });
    return (await response.json()) as ILicence;
  }

  private async _stream(
    path: string,
    body: object,
    signal: AbortSignal
  ): Promise<AsyncGenerator<Sc2Event>> {
    return eventsOf(await this._post(path, body, signal));
  }

  private _post(
    path: string,
    body: object,
    signal?: AbortSignal
  ): Promise<Response> {
    return this._send('POST', path, body, signal);
  }

  private _put(path: string, body: object): Promise<Response> {
    return this._send('PUT', path, body);
  }

  private _send(
    method: 'POST' | 'PUT',
    path: string,
    body: object,
    signal?: AbortSignal
  ): Promise<Response> {
    return this._request(path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal
    });
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
