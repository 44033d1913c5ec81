import type { Event, ServiceManager } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import type { Sc2Api } from './api';
import { Sc2Error } from './api';
import type { EngineState, IEngineStatus, IStatus } from './messages';

/** What the server emits a status on; its data are the fields of the status. */
const ENGINE_EVENTS = 'https://events.jupyter-sc2.org/engine/v1';

/** Seconds between attempts to reach a lost server. */
const RETRY_S = [1, 2, 4, 8, 15, 30];

/** An engine's state as the user sees it. `unreachable`: no answer from our server. */
export type ShownState = EngineState | 'busy' | 'unreachable' | 'unknown';

/** Follows the engines: one request at the start and after a lost connection, then events. */
export class EngineModel extends VDomModel {
  constructor(
    private readonly _api: Sc2Api,
    private readonly _services: ServiceManager.IManager
  ) {
    super();
    _services.events.stream.connect(this._onEvent, this);
    _services.connectionFailure.connect(this._onConnectionFailure, this);
    void this.refresh();
  }

  /** The last complete answer, or null when the server has not answered. */
  get status(): IStatus | null {
    return this._status;
  }

  /** The engine behind ghost text. */
  get engine(): IEngineStatus | null {
    const engines = this._status?.engines ?? [];
    return (
      engines.find(({ roles }) => roles.includes('ghost')) ?? engines[0] ?? null
    );
  }

  get state(): ShownState {
    if (!this._reachable) {
      return 'unreachable';
    }
    if (!this.engine) {
      return 'unknown';
    }
    const { state, running, waiting } = this.engine;
    const working = running + waiting > 0 || this._held;
    return state === 'ready' && working ? 'busy' : state;
  }

  /** Show as busy: the server has asked to be left alone for some seconds. */
  hold(seconds: number): void {
    clearTimeout(this._holdTimer);
    this._held = true;
    this._holdTimer = setTimeout(() => {
      this._held = false;
      this.stateChanged.emit();
    }, seconds * 1000);
    this.stateChanged.emit();
  }

  /** Load the weights anew; the way back from a failed engine. */
  async restart(): Promise<void> {
    try {
      await this._api.restart();
    } finally {
      await this.refresh();
    }
  }

  /** Ask the server; goes on in the background until it answers. */
  async refresh(attempt = 0): Promise<void> {
    clearTimeout(this._retryTimer);
    try {
      this._status = await this._api.status();
      this._reachable = true;
    } catch (error) {
      this._reachable = false;
      // 404: a server without our extension, which asking again does not bring.
      if (!(error instanceof Sc2Error && error.status === 404)) {
        const seconds = RETRY_S[Math.min(attempt, RETRY_S.length - 1)];
        this._retryTimer = setTimeout(() => {
          void this.refresh(attempt + 1);
        }, seconds * 1000);
      }
    }
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }

  override dispose(): void {
    clearTimeout(this._holdTimer);
    clearTimeout(this._retryTimer);
    this._services.events.stream.disconnect(this._onEvent, this);
    this._services.connectionFailure.disconnect(
      this._onConnectionFailure,
      this
    );
    super.dispose();
  }

  private _onEvent(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id !== ENGINE_EVENTS || !this._status) {
      return;
    }
    const engine = emission as unknown as IEngineStatus;
    const engines = new Map(this._status.engines.map(e => [e.weights, e]));
    engines.set(engine.weights, engine);
    this._status = { ...this._status, engines: [...engines.values()] };
    this._reachable = true;
    this.stateChanged.emit();
  }

  private _onConnectionFailure(): void {
    if (this._reachable) {
      void this.refresh();
    }
  }

  private _held = false;
  private _holdTimer: ReturnType<typeof setTimeout> | undefined;
  private _reachable = true;
  private _retryTimer: ReturnType<typeof setTimeout> | undefined;
  private _status: IStatus | null = null;
}
