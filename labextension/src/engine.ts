import type { Event, ServiceManager } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import type { Sc2Api } from './api';
import { Sc2Error } from './api';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { EngineState, IEngineStatus, IStatus, Role } from './messages';
import type { IRoleChoice } from './models/messages';
import { lastPart } from './models/words';

/** What the server emits a status on; its data are the fields of the status. */
const ENGINE_EVENTS = 'https://events.jupyter-sc2.org/engine/v1';

/** What the server emits on when a role's weights are, or will be, others. */
const ROLES_EVENTS = 'https://events.jupyter-sc2.org/roles/v1';

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
    return this.answering('ghost') ?? this._status?.engines[0] ?? null;
  }

  /** What shall answer instead of `engine` as soon as it is ready. */
  get next(): IEngineStatus | null {
    return this.coming('ghost');
  }

  /** Emitted when a role has, or will have, other weights. */
  get rolesChanged(): ISignal<this, void> {
    return this._rolesChanged;
  }

  /** The engine that answers for a role. */
  answering(role: Role): IEngineStatus | null {
    const engines = this._status?.engines ?? [];
    return engines.find(({ roles }) => roles.includes(role)) ?? null;
  }

  /** The engine that a role is about to change to. */
  coming(role: Role): IEngineStatus | null {
    const roles = this._roles ?? this._status?.roles;
    const next = roles?.find(each => each.role === role)?.next_weights;
    const engines = (this._status?.engines ?? []).filter(
      engine => next && !engine.roles.includes(role)
    );
    return (
      engines.find(({ weights }) => weights === next) ??
      engines.find(({ weights }) => weights === lastPart(next ?? '')) ??
      null
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
    const during: IEngineStatus[] = [];
    this._during.add(during);
    try {
      this._status = await this._api.status();
      this._roles = null;
      this._reachable = true;
      // What was told meanwhile may be newer than the answer.
      for (const engine of during) {
        this._take(engine);
      }
    } catch (error) {
      this._reachable = false;
      // 404: a server without our extension, which asking again does not bring.
      if (!(error instanceof Sc2Error && error.status === 404)) {
        const seconds = RETRY_S[Math.min(attempt, RETRY_S.length - 1)];
        this._retryTimer = setTimeout(() => {
          void this.refresh(attempt + 1);
        }, seconds * 1000);
      }
    } finally {
      this._during.delete(during);
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
    if (emission.schema_id === ROLES_EVENTS) {
      const { roles } = emission as unknown as { roles: IRoleChoice[] };
      this._roles = roles;
      this._rolesChanged.emit();
      // Engines may have come or gone, which only the server knows.
      void this.refresh();
    } else if (emission.schema_id === ENGINE_EVENTS && this._status) {
      const engine = emission as unknown as IEngineStatus;
      this._during.forEach(during => during.push(engine));
      this._reachable = true;
      if (this._take(engine)) {
        this.stateChanged.emit();
      } else {
        void this.refresh();
      }
    }
  }

  /** Whether `engine` is one that is known; its state is then the newest. */
  private _take(engine: IEngineStatus): boolean {
    const key = keyOf(engine);
    const engines = this._status?.engines ?? [];
    const known = engines.some(each => keyOf(each) === key);
    if (known && this._status) {
      const gone = engine.state === 'off' && engine.roles.length === 0;
      this._status = {
        ...this._status,
        engines: gone
          ? engines.filter(each => keyOf(each) !== key)
          : engines.map(each => (keyOf(each) === key ? engine : each))
      };
    }
    return known;
  }

  private _onConnectionFailure(): void {
    if (this._reachable) {
      void this.refresh();
    }
  }

  private readonly _during = new Set<IEngineStatus[]>();
  private _held = false;
  private _holdTimer: ReturnType<typeof setTimeout> | undefined;
  private _reachable = true;
  private _retryTimer: ReturnType<typeof setTimeout> | undefined;
  private _roles: IRoleChoice[] | null = null;
  private readonly _rolesChanged = new Signal<this, void>(this);
  private _status: IStatus | null = null;
}

function keyOf({ name, weights }: IEngineStatus): string {
  return name || weights;
}
